"""What every dialect's stream encoder owes its client, whichever dialect it is."""

import pytest
from gateway.dialects.anthropic_messages.stream import MessagesStream
from gateway.dialects.native.stream import NativeStream
from gateway.dialects.native.witness import ConverseWitness
from gateway.dialects.openai_chat.stream import ChatStream
from gateway.dialects.openai_responses.reply import ResponseHead
from gateway.dialects.openai_responses.stream import ResponseStream
from gateway.errors import InternalFailure, StreamBroken, UpstreamTimeout
from sluice_local.bedrock_runtime.scenarios.faults import FAULTS
from sluice_local.bedrock_runtime.scenarios.library import library_schedule
from unit.gateway.recordings import NOT_AN_EVENT, PLAIN, START, THROTTLED, event, every_cut

LOST = UpstreamTimeout("Bedrock sent nothing")


def native():
    return NativeStream(ConverseWitness())


def chat():
    return ChatStream(reply_id="chatcmpl-1", created=1, model="m", include_usage=False)


def chat_with_usage():
    return ChatStream(reply_id="chatcmpl-1", created=1, model="m", include_usage=True)


def library_chunks(name):
    """Return what is on the wire of a library scenario, faults included."""
    return [chunk for write in library_schedule(name).writes for chunk in write.chunks]


def messages():
    return MessagesStream(reply_id="msg_1", model="m", request_id="request-1")


def responses():
    return ResponseStream(ResponseHead("resp_1", 1, "m"))


# What shows that a reply is whole, by encoder.
ENDS = {
    native: PLAIN[4],
    chat: b"data: [DONE]\n\n",
    chat_with_usage: b"data: [DONE]\n\n",
    messages: b'data: {"type":"message_stop"}\n\n',
    responses: b"event: response.completed\n",
}
every_encoder = pytest.mark.parametrize("make", ENDS)


def run(make, pieces, *, ends="finish"):
    """Feed the pieces as the relay does; return what the client gets, and the verdict."""
    encoder = make()
    sent = b""
    for piece in pieces:
        if encoder.verdict is None:
            sent += encoder.feed(piece)
    if encoder.verdict is None:
        sent += encoder.finish() if ends == "finish" else encoder.fail(LOST)
    assert encoder.verdict is not None
    return sent, encoder.verdict


def looks_whole(make, sent):
    # A response says of itself that it has no error.
    told = sent.replace(b'"error":null', b"")
    return ENDS[make] in told and b"rror" not in told and b"xception" not in told


@every_encoder
def test_a_whole_stream_is_the_same_wherever_it_is_cut(make):
    expected = run(make, PLAIN)
    assert expected[1].error is None
    assert looks_whole(make, expected[0])
    for pieces in every_cut(b"".join(PLAIN)):
        assert run(make, pieces) == expected


@every_encoder
@pytest.mark.parametrize("ends", ["finish", "fail"])
def test_a_stream_cut_at_any_byte_before_the_stop_never_looks_whole(make, ends):
    data, whole_from = b"".join(PLAIN), len(b"".join(PLAIN[:5]))
    for position in range(len(data)):
        sent, verdict = run(make, [data[:position]], ends=ends)
        assert (verdict.error is None) == looks_whole(make, sent) == (position >= whole_from)


@every_encoder
@pytest.mark.parametrize("name", sorted(name for name, make in FAULTS.items() if make().steps))
def test_a_fault_either_shows_or_does_no_harm(make, name):
    sent, verdict = run(make, library_chunks(name))
    assert (verdict.error is None) == looks_whole(make, sent)


@every_encoder
@pytest.mark.parametrize("ends", ["feed", "finish", "fail"])
@pytest.mark.parametrize("first", [[*PLAIN], [START, THROTTLED], [START, b"garbage that is no frame"]])
def test_after_the_verdict_nothing_more_is_sent(make, first, ends):
    encoder = make()
    for frame in first:
        encoder.feed(frame)
    encoder.finish()
    verdict = encoder.verdict
    more = {"feed": lambda: encoder.feed(PLAIN[1]), "finish": encoder.finish, "fail": lambda: encoder.fail(LOST)}
    assert more[ends]() == b""
    assert encoder.verdict == verdict


@every_encoder
@pytest.mark.parametrize("fed", range(len(PLAIN) + 1))
def test_a_fault_of_our_own_is_always_told(make, fed):
    encoder = make()
    sent = b"".join([encoder.feed(frame) for frame in PLAIN[:fed]])
    error = InternalFailure("Sluice failed in mid-answer")
    assert b"Sluice failed in mid-answer" in encoder.abandon(error)
    assert encoder.verdict.error is error
    assert fed > 4 or not looks_whole(make, sent)


every_translator = pytest.mark.parametrize("make", [make for make in ENDS if make is not native])


@every_translator
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"usage": None},
        {"usage": "many"},
        {"usage": {"inputTokens": None, "outputTokens": "3", "cacheReadInputTokens": None}},
        {"usage": {"inputTokens": 1}, "serviceTier": None, "trace": None},
        {"usage": {"inputTokens": 1}, "serviceTier": "flex"},
        {"usage": {"inputTokens": 1}, "serviceTier": ["flex"], "trace": 5, "metrics": None},
    ],
)
def test_odd_metadata_never_ends_a_stream_in_silence(make, metadata):
    sent, verdict = run(make, [*PLAIN[:-1], event("metadata", metadata)])
    assert verdict.error is None
    assert looks_whole(make, sent)
    assert sent.count(ENDS[make]) == 1


@every_translator
def test_an_unknown_event_is_counted_in_the_verdict(make):
    assert run(make, [START, NOT_AN_EVENT, *PLAIN[1:]])[1].unknown_events == 1
    assert run(make, [START, NOT_AN_EVENT, *PLAIN[1:4]])[1].unknown_events == 1


@every_translator
def test_content_the_dialect_cannot_carry_fails_the_reply_and_nothing_follows(make):
    hologram = event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"hologram": {}}})
    encoder = make()
    assert b"hologram" in encoder.feed(START + hologram)
    assert isinstance(encoder.verdict.error, StreamBroken)
    assert encoder.feed(PLAIN[1]) == b""
