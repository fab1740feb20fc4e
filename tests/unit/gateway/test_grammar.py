import pytest
from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Failure,
    GrammarReader,
    MessageStart,
    MessageStop,
    TextDelta,
    Usage,
    usage_of,
)
from gateway.errors import StreamBroken, UpstreamRefused, UpstreamTimeout
from hypothesis import given
from hypothesis import strategies as st
from sluice_local.bedrock_runtime.frames import encode_frame, event_frame, exception_frame
from unit.gateway.recordings import (
    METADATA,
    NOT_AN_EVENT,
    PLAIN,
    START,
    STOP,
    THROTTLED,
    UNMODELLED,
    block_start,
    block_stop,
    delta,
    event,
    every_cut,
    library,
    text,
)

USED = Usage(12, 3, 4, 2)
WEATHER = {"toolUse": {"toolUseId": "t1", "name": "get_weather"}}
TIME = {"toolUse": {"toolUseId": "t2", "name": "get_time"}}
LOST = UpstreamTimeout("Bedrock sent nothing")


def read(*frames, ends="finish"):
    """Feed the frames, then the end of the stream; return the events."""
    reader = GrammarReader()
    events = [event for frame in frames for event in reader.feed(frame)]
    events += reader.finish() if ends == "finish" else reader.fail(LOST)
    assert reader.ended
    return events


def stopped(reason="end_turn", usage=USED):
    return (type(MessageStop), reason, usage)


def told(events):
    """Return events without what this module does not look at in a MessageStop."""
    return [stopped(e.stop_reason, e.usage) if isinstance(e, MessageStop) else e for e in events]


def failure(events):
    assert isinstance(events[-1], Failure)
    assert not any(isinstance(event, Failure | MessageStop) for event in events[:-1])
    return events[-1].error


def text_block(index, *pieces):
    return [BlockStart(index, "text", {}), *(TextDelta(index, piece) for piece in pieces), BlockStop(index, "text")]


PLAIN_EVENTS = [MessageStart(), *text_block(0, "Hel", "lo"), stopped()]


def test_text_without_a_start_gets_one():
    assert told(read(*PLAIN)) == PLAIN_EVENTS


def test_reasoning_without_a_start_gets_one_and_ends_before_the_text():
    frames = [delta(0, {"reasoningContent": {"text": "Hm"}}), delta(0, {"reasoningContent": {"signature": "c2ln"}})]
    events = read(START, *frames, block_stop(0), *text(1, "Hi"), STOP, METADATA)
    assert told(events) == [
        MessageStart(),
        BlockStart(0, "reasoningContent", {}),
        BlockDelta(0, "reasoningContent", {"text": "Hm"}),
        BlockDelta(0, "reasoningContent", {"signature": "c2ln"}),
        BlockStop(0, "reasoningContent"),
        *text_block(1, "Hi"),
        stopped(),
    ]


def test_a_block_bedrock_left_open_is_closed_before_the_next():
    events = read(START, delta(0, {"text": "Hi"}), block_start(1, WEATHER), STOP, METADATA)
    assert told(events) == [
        MessageStart(),
        *text_block(0, "Hi"),
        BlockStart(1, "toolUse", WEATHER["toolUse"]),
        BlockStop(1, "toolUse"),
        stopped(),
    ]


def test_a_block_bedrock_left_open_is_closed_before_the_stop():
    assert told(read(START, delta(0, {"text": "Hel"}), delta(0, {"text": "lo"}), STOP, METADATA)) == PLAIN_EVENTS


def test_a_block_that_changes_its_kind_is_two_blocks():
    events = read(START, delta(0, {"reasoningContent": {"text": "Hm"}}), delta(0, {"text": "Hi"}), STOP, METADATA)
    assert told(events) == [
        MessageStart(),
        BlockStart(0, "reasoningContent", {}),
        BlockDelta(0, "reasoningContent", {"text": "Hm"}),
        BlockStop(0, "reasoningContent"),
        *text_block(0, "Hi"),
        stopped(),
    ]


def test_tool_uses_may_interleave_by_their_index():
    frames = [
        *[block_start(0, WEATHER), block_start(1, TIME), delta(0, {"toolUse": {"input": "{"}})],
        *[delta(1, {"toolUse": {"input": "["}}), delta(0, {"toolUse": {"input": "}"}}), block_stop(1), block_stop(0)],
    ]
    assert told(read(START, *frames, STOP, METADATA)) == [
        MessageStart(),
        BlockStart(0, "toolUse", WEATHER["toolUse"]),
        BlockStart(1, "toolUse", TIME["toolUse"]),
        BlockDelta(0, "toolUse", {"input": "{"}),
        BlockDelta(1, "toolUse", {"input": "["}),
        BlockDelta(0, "toolUse", {"input": "}"}),
        BlockStop(1, "toolUse"),
        BlockStop(0, "toolUse"),
        stopped(),
    ]


def test_text_closes_every_tool_use_that_is_open():
    events = read(START, block_start(0, WEATHER), block_start(1, TIME), delta(2, {"text": "Hi"}), STOP, METADATA)
    assert [type(event) for event in events[3:6]] == [BlockStop, BlockStop, BlockStart]


def test_a_stop_of_what_is_not_open_says_nothing():
    assert told(read(START, block_stop(7), *PLAIN[1:3], block_stop(0), block_stop(0), STOP, METADATA)) == PLAIN_EVENTS


def test_a_missing_message_start_is_made():
    assert told(read(*PLAIN[1:])) == PLAIN_EVENTS
    assert told(read(STOP, METADATA)) == [MessageStart(), stopped()]


def test_a_repeated_message_start_is_told_once():
    assert told(read(START, *PLAIN)) == PLAIN_EVENTS


def test_citations_belong_to_the_text_they_support():
    cited = {"title": "Report"}
    events = read(START, delta(0, {"text": "Hi"}), delta(0, {"citation": cited}), block_stop(0), STOP, METADATA)
    assert events[1:5] == [*text_block(0, "Hi")[:2], BlockDelta(0, "citation", cited), BlockStop(0, "text")]


def test_the_end_waits_for_the_usage_which_comes_after_the_stop():
    reader = GrammarReader()
    assert all(not isinstance(event, MessageStop) for event in reader.feed(b"".join(PLAIN[:-1])))
    assert not reader.ended
    assert told(reader.feed(METADATA)) == [stopped()]


def test_usage_before_the_stop_counts_too():
    assert told(read(*PLAIN[:-2], METADATA, STOP)) == PLAIN_EVENTS


@pytest.mark.parametrize("ends", ["finish", "fail"])
def test_a_reply_without_usage_is_whole_and_unmetered(ends):
    assert told(read(*PLAIN[:-1], ends=ends))[-1] == stopped(usage=None)


def test_the_stop_brings_what_else_bedrock_told():
    fields = {"stop_details": {"category": "cyber"}, "usage": {"output_tokens_details": {"thinking_tokens": 9}}}
    stop = event("messageStop", {"stopReason": "refusal", "additionalModelResponseFields": fields})
    metadata = event("metadata", {"usage": {"inputTokens": 1}, "serviceTier": {"type": "flex"}})
    (last,) = [event for event in read(START, stop, metadata) if isinstance(event, MessageStop)]
    assert (last.stop_reason, last.additional_fields) == ("refusal", fields)
    assert last.usage == Usage(input_tokens=1, reasoning_tokens=9, tier="flex")
    assert last.metadata["serviceTier"] == {"type": "flex"}


@pytest.mark.parametrize("count", range(len(PLAIN) - 1))
def test_a_stream_that_just_ends_before_the_stop_is_a_failure(count):
    error = failure(read(*PLAIN[:count]))
    assert isinstance(error, StreamBroken)
    assert str(error) == "Bedrock's stream ended without a messageStop; the answer is incomplete."
    assert failure(read(*PLAIN[:count], ends="fail")) is LOST


def test_a_stream_that_ends_inside_a_frame_says_so():
    assert "in the middle of a frame" in str(failure(read(*PLAIN[:2], PLAIN[2][:20])))


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_an_exception_frame_is_a_failure_and_the_last_thing_told(after):
    error = failure(read(*PLAIN[:after], THROTTLED, *PLAIN[after:]))
    assert isinstance(error, UpstreamRefused)
    assert (error.status, error.aws_type, str(error)) == (429, "ThrottlingException", "Too many tokens, please wait.")


def test_an_exception_after_the_whole_reply_is_too_late_to_undo_it():
    assert told(read(*PLAIN, THROTTLED)) == PLAIN_EVENTS


def test_an_error_frame_is_a_failure():
    error = failure(read(START, UNMODELLED))
    assert (error.status, error.aws_type) == (500, "InternalFailure")
    assert str(error) == "An internal server error occurred"


def test_an_exception_without_words_is_still_one():
    frame = exception_frame("modelTimeoutException", {})
    assert failure(read(START, frame)).status == 408


def test_damage_is_a_failure_after_the_events_before_it():
    damaged = bytearray(PLAIN[2])
    damaged[-1] ^= 1
    events = read(b"".join(PLAIN[:2]) + bytes(damaged) + b"".join(PLAIN[3:]))
    assert told(events[:-1]) == PLAIN_EVENTS[:3]
    assert "does not match its checksum" in str(failure(events))


def test_unknown_events_are_skipped_and_counted():
    reader = GrammarReader()
    frames = [START, NOT_AN_EVENT, *PLAIN[1:3], event("ping", {}), *PLAIN[3:]]
    assert told(reader.feed(b"".join(frames))) == PLAIN_EVENTS
    assert reader.unknown_events == 2


def test_unknown_content_is_told_as_it_came():
    events = read(START, block_start(0, {"hologram": {"depth": 3}}), delta(0, {"hologram": {"more": 1}}), STOP)
    assert events[1:3] == [BlockStart(0, "hologram", {"depth": 3}), BlockDelta(0, "hologram", {"more": 1})]


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("contentBlockDelta", {}),
        ("contentBlockDelta", {"contentBlockIndex": 0}),
        ("contentBlockDelta", {"delta": {"text": "Hi"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": None}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": ["text"]}),
        ("contentBlockDelta", {"contentBlockIndex": [], "delta": {"text": "Hi"}}),
        ("contentBlockStart", {"contentBlockIndex": 0}),
        ("contentBlockStart", {"start": WEATHER}),
        ("contentBlockStop", {}),
    ],
)
def test_an_event_that_cannot_be_read_is_a_failure_rather_than_lost(name, payload):
    error = failure(read(START, event(name, payload), STOP, METADATA))
    assert str(error) == f"Bedrock sent a {name} event that cannot be read."


@pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b'"text"', b"null", b"7", b"{", b"\xff"])
@pytest.mark.parametrize(
    "name", ["contentBlockDelta", "contentBlockStart", "contentBlockStop", "messageStop", "metadata"]
)
def test_a_payload_that_is_no_object_is_a_failure_rather_than_lost(name, body):
    frame = encode_frame([(":message-type", "event"), (":event-type", name)], body)
    reader = GrammarReader()
    events = [*reader.feed(START + frame), *reader.finish()]
    assert "cannot be read" in str(failure(events))


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        "many",
        {"inputTokens": None},
        {"inputTokens": "12", "outputTokens": 1.5},
        {"cacheDetails": [{"inputTokens": "x"}, None]},
        {"cacheDetails": {"ttl": "5m"}},
    ],
)
def test_a_reply_never_fails_for_odd_numbers(usage):
    (stop,) = [e for e in read(*PLAIN[:-1], event("metadata", {"usage": usage})) if isinstance(e, MessageStop)]
    assert stop.usage in (None, Usage())
    assert usage_of(usage) == Usage()


def test_usage_counts_every_kind_of_token():
    counted = usage_of(
        {
            "inputTokens": 1,
            "outputTokens": 2,
            "totalTokens": 15,
            "cacheReadInputTokens": 4,
            "cacheWriteInputTokens": 8,
            "cacheDetails": [{"ttl": "5m", "inputTokens": 3}, {"ttl": "1h", "inputTokens": 5}],
        }
    )
    assert counted == Usage(1, 2, 4, 8, (("5m", 3), ("1h", 5)))
    assert counted.prompt_tokens == 13


def test_a_split_that_tells_only_a_part_of_the_writes_is_none():
    assert usage_of({"cacheWriteInputTokens": 8, "cacheDetails": [{"ttl": "5m", "inputTokens": 3}]}) == Usage(
        cache_write_tokens=8
    )


@pytest.mark.parametrize("name", ["text", "tool-use-parallel", "reasoning", "citations", "image", "unknown-events"])
def test_wherever_a_stream_is_cut_the_events_are_the_same(name):
    data = b"".join(library(name))
    expected = read(data)
    assert isinstance(expected[-1], MessageStop)
    for pieces in every_cut(data):
        assert read(*pieces) == expected


@pytest.mark.parametrize("name", ["text", "tool-use-parallel", "reasoning"])
def test_a_stream_cut_at_any_byte_is_whole_only_from_its_stop_on(name):
    frames = library(name)
    data, stop_ends_at = b"".join(frames), len(b"".join(frames[:-1]))
    for position in range(len(data)):
        events = read(data[:position]) if position else read()
        assert isinstance(events[-1], MessageStop if position >= stop_ends_at else Failure)


FRAMES = st.sampled_from(
    [
        *[START, STOP, METADATA, THROTTLED, UNMODELLED, NOT_AN_EVENT],
        *[event_frame("contentBlockDelta", {"contentBlockIndex": at, "delta": {"text": "x"}}) for at in (0, 1)],
        *[delta(at, {"reasoningContent": {"text": "x"}}) for at in (0, 1)],
        *[delta(at, {"toolUse": {"input": "x"}}) for at in (0, 1)],
        *[block_start(at, WEATHER) for at in (0, 1)],
        *[block_stop(at) for at in (0, 1)],
    ]
)


@given(st.lists(FRAMES, max_size=12), st.sampled_from(["finish", "fail"]))
def test_whatever_bedrock_sends_the_grammar_holds(frames, ends):
    events = read(*frames, ends=ends)
    *body, last = events
    assert isinstance(last, MessageStop | Failure)
    assert [isinstance(event, MessageStart) for event in body[:1]] == [True] * bool(body)
    open_blocks = {}
    for event_ in body[1:]:
        match event_:
            case BlockStart(index, kind):
                assert index not in open_blocks
                assert not open_blocks or {kind, *open_blocks.values()} == {"toolUse"}
                open_blocks[index] = kind
            case TextDelta(index):
                assert open_blocks[index] == "text"
            case BlockDelta(index, kind):
                assert open_blocks[index] == kind
            case BlockStop(index, kind):
                assert open_blocks.pop(index) == kind
            case _:
                raise AssertionError(event_)
    assert not open_blocks or isinstance(last, Failure)
