import pytest
from gateway.bedrock.grammar import BlockDelta, BlockStart, BlockStop, MessageStart, MessageStop, TextDelta, Usage
from gateway.bedrock.whole import events_of


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
