import json
from copy import replace

import pytest
from botocore.eventstream import EventStreamBuffer
from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    GrammarReader,
    MessageStart,
    MessageStop,
    TextDelta,
    Usage,
)
from gateway.bedrock.whole import events_of, frames_of
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.whole_stream import WholeStream
from gateway.errors import InternalFailure, StreamBroken


def reply(*content, **members):
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": "end_turn", **members}


def test_a_whole_reply_reads_like_its_stream():
    cited = {"title": "Report"}
    events = events_of(
        reply(
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
            {"reasoningContent": {"redactedContent": "aGlk"}},
            {"text": "Hello"},
            {"citationsContent": {"content": [{"text": "So"}, {"text": "."}], "citations": [cited]}},
            {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": 1}}},
            usage={"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
            serviceTier={"type": "flex"},
        )
    )
    assert events[:-1] == [
        MessageStart(),
        *[BlockStart(0, "reasoningContent", {}), BlockDelta(0, "reasoningContent", {"text": "Hm."})],
        *[BlockDelta(0, "reasoningContent", {"signature": "c2ln"}), BlockStop(0, "reasoningContent")],
        *[BlockStart(1, "reasoningContent", {}), BlockDelta(1, "reasoningContent", {"redactedContent": "aGlk"})],
        BlockStop(1, "reasoningContent"),
        *[BlockStart(2, "text", {}), TextDelta(2, "Hello"), BlockStop(2, "text")],
        *[BlockStart(3, "text", {}), TextDelta(3, "So."), BlockDelta(3, "citation", cited), BlockStop(3, "text")],
        BlockStart(4, "toolUse", {"toolUseId": "t1", "name": "look"}),
        *[BlockDelta(4, "toolUse", {"input": '{"at":1}'}), BlockStop(4, "toolUse")],
    ]
    stop = events[-1]
    assert isinstance(stop, MessageStop)
    assert (stop.stop_reason, stop.usage) == ("end_turn", Usage(2, 3, tier="flex"))
    assert stop.metadata["serviceTier"] == {"type": "flex"}


def test_content_that_nobody_knows_is_there_for_the_dialect_to_refuse():
    image = {"format": "png", "source": {"bytes": "aQ=="}}
    assert events_of(reply({"image": image}))[1:-1] == [
        *[BlockStart(0, "image", {}), BlockDelta(0, "image", image), BlockStop(0, "image")]
    ]


@pytest.mark.parametrize("body", [{}, {"output": {}}, {"output": {"message": {"content": [{"reasoningContent": {}}]}}}])
def test_what_is_no_reply_is_told_by_an_error(body):
    with pytest.raises((KeyError, TypeError, AttributeError)):
        events_of(body)


EVERYTHING = reply(
    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
    {"reasoningContent": {"redactedContent": "aGlk"}},
    {"text": "Hello"},
    {"citationsContent": {"content": [{"text": "So"}, {"text": "."}], "citations": [{"title": "Report"}]}},
    {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"at": 1}}},
    {"toolUse": {"toolUseId": "t2", "name": "look", "input": {}}},
    usage={"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
    metrics={"latencyMs": 5},
    additionalModelResponseFields={"stop_sequence": "x"},
    serviceTier={"type": "flex"},
)


def told(events):
    """Return the events, and of the last one what a dialect tells."""
    *others, stop = events
    return [*others, replace(stop, metadata={name: stop.metadata.get(name) for name in ("serviceTier", "trace")})]


def test_a_whole_reply_as_frames_reads_like_the_reply():
    reader = GrammarReader()
    assert told(reader.feed(frames_of(EVERYTHING))) == told(events_of(EVERYTHING))
    assert reader.ended


def test_frames_of_a_whole_reply_are_as_bedrock_sends_them():
    buffer = EventStreamBuffer()
    buffer.add_data(frames_of(reply({"text": "Hello"}, usage={"inputTokens": 2})))
    sent = [(frame.headers[":event-type"], json.loads(frame.payload)) for frame in buffer]
    assert sent == [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hello"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 2}}),
    ]


def chat():
    return ChatStream(reply_id="chatcmpl-1", created=1, model="m", include_usage=False)


def test_a_reply_in_one_piece_is_told_as_a_stream_when_it_is_whole():
    stream, alone = WholeStream(chat()), chat()
    body = json.dumps(EVERYTHING).encode()
    assert [stream.feed(body[:50]), stream.feed(body[50:])] == [b"", b""]
    assert stream.verdict is None
    assert stream.finish() == alone.feed(frames_of(EVERYTHING))
    assert stream.verdict == alone.verdict
    assert stream.keep_alive == alone.keep_alive


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"output":{"message":{"content":5}}}'])
def test_what_is_no_reply_ends_the_stream_with_an_error(body):
    stream = WholeStream(chat())
    stream.feed(body)
    assert b"no Converse response" in stream.finish()
    assert isinstance(stream.verdict.error, StreamBroken)


def test_a_reply_that_is_cut_ends_the_stream_with_an_error():
    stream = WholeStream(chat())
    stream.feed(b'{"output":')
    assert b"cut" in stream.fail(StreamBroken("It was cut."))
    assert b"Sluice" in WholeStream(chat()).abandon(InternalFailure("Sluice failed"))
