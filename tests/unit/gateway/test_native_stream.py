import pytest
from botocore.eventstream import EventStreamBuffer
from gateway.bedrock.grammar import Usage
from gateway.dialects.native.stream import NativeStream, exception_frame
from gateway.dialects.native.witness import ConverseWitness
from gateway.dialects.stream import Verdict
from gateway.errors import (
    DeadlineReached,
    InternalFailure,
    StreamBroken,
    UpstreamRefused,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from sluice_local.bedrock_runtime.frames import encode_frame
from sluice_local.bedrock_runtime.scenarios.replies import REPLIES
from unit.gateway.recordings import METADATA, PLAIN, STOP, THROTTLED, UNMODELLED, event, every_cut, library

USED = Usage(12, 3, 4, 2)
LOST = UpstreamTimeout("Bedrock sent nothing")


def stream():
    return NativeStream(ConverseWitness())


def passed(pieces, encoder=None):
    """Feed the pieces and the end; return what the client gets."""
    encoder = encoder or stream()
    sent = b"".join([encoder.feed(piece) for piece in pieces if encoder.verdict is None])
    return sent + encoder.finish()


def frames_in(data):
    """Read frames as botocore does, which checks both checksums."""
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    read = [(message.headers, message.payload) for message in buffer]
    assert buffer._data == b""
    return read


def added_error(sent, forwarded):
    """Return type and payload of the one exception frame that was sent after the bytes that were forwarded."""
    assert sent.startswith(forwarded)
    ((headers, payload),) = frames_in(sent[len(forwarded) :])
    assert headers.keys() == {":message-type", ":exception-type", ":content-type"}
    assert headers[":message-type"] == "exception"
    return headers[":exception-type"], payload


@pytest.mark.parametrize("name", REPLIES)
def test_a_whole_stream_passes_byte_for_byte(name):
    data = b"".join(library(name))
    for pieces in ([data], library(name), [data[at : at + 7] for at in range(0, len(data), 7)]):
        assert passed(pieces) == data


@pytest.mark.parametrize("name", ["text", "tool-use-parallel", "unknown-events"])
def test_a_whole_stream_passes_byte_for_byte_wherever_it_is_cut(name):
    data = b"".join(library(name))
    for pieces in every_cut(data):
        encoder = stream()
        assert passed(pieces, encoder) == data
        assert encoder.verdict.error is None


def test_a_frame_leaves_as_soon_as_it_is_whole():
    encoder = stream()
    assert encoder.feed(PLAIN[0] + PLAIN[1][:5]) == PLAIN[0]
    assert encoder.feed(PLAIN[1][5:-1]) == b""
    assert encoder.feed(PLAIN[1][-1:]) == PLAIN[1]


def test_the_verdict_tells_stop_reason_and_usage():
    encoder = stream()
    passed(PLAIN, encoder)
    assert encoder.verdict == Verdict(stop_reason="end_turn", usage=USED)


def test_a_reply_that_was_whole_stays_so_when_the_connection_breaks_before_the_usage():
    encoder = stream()
    sent = encoder.feed(b"".join(PLAIN[:-1]) + METADATA[:30])
    assert sent + encoder.fail(LOST) == b"".join(PLAIN[:-1])
    assert encoder.verdict == Verdict(stop_reason="end_turn", usage=None)


@pytest.mark.parametrize("frame", [THROTTLED, UNMODELLED])
@pytest.mark.parametrize("count", [0, 3, 5])
def test_bedrocks_own_exception_passes_as_it_is_and_nothing_is_added(frame, count):
    encoder = stream()
    data = b"".join(PLAIN[:count]) + frame
    assert passed([data], encoder) == data
    assert encoder.fail(LOST) == b""
    assert isinstance(encoder.verdict.error, UpstreamRefused)


def test_the_tokens_of_a_reply_that_fails_are_counted_where_bedrock_told_them():
    encoder = stream()
    passed([METADATA, THROTTLED], encoder)
    assert encoder.verdict.usage == USED


@pytest.mark.parametrize("count", range(4))
def test_a_stream_that_just_ends_gets_an_exception_frame(count):
    forwarded = b"".join(PLAIN[:count])
    encoder = stream()
    kind, payload = added_error(passed([forwarded], encoder), forwarded)
    assert kind == "modelStreamErrorException"
    assert payload == (
        b'{"message":"Bedrock\'s stream ended before the model\'s last event; the answer is incomplete."}'
    )
    assert isinstance(encoder.verdict.error, StreamBroken)


def test_a_stream_cut_at_any_byte_before_its_stop_ends_in_an_exception_frame_after_whole_frames():
    data, whole_from = b"".join(PLAIN), len(b"".join(PLAIN[:4])) + len(STOP)
    ends = [len(b"".join(PLAIN[:count])) for count in range(len(PLAIN) + 1)]
    for position in range(whole_from):
        forwarded = data[: max(end for end in ends if end <= position)]
        assert added_error(passed([data[:position]]), forwarded)[0] == "modelStreamErrorException"


def test_a_damaged_frame_is_never_forwarded():
    for position in range(len(b"".join(PLAIN[:1])), len(b"".join(PLAIN[:3]))):
        damaged = bytearray(b"".join(PLAIN))
        damaged[position] ^= 0x20
        encoder = stream()
        sent = passed([bytes(damaged)], encoder)
        *_, (headers, payload) = frames_in(sent)
        assert headers[":message-type"] == "exception"
        assert b"damaged" in payload
        assert isinstance(encoder.verdict.error, StreamBroken)


def test_damage_after_the_stop_is_told_too():
    encoder = stream()
    forwarded = b"".join(PLAIN[:-1])
    assert added_error(encoder.feed(forwarded + b"<html>502 Bad Gateway</html>"), forwarded)
    assert isinstance(encoder.verdict.error, StreamBroken)


@pytest.mark.parametrize("count", [0, 3, 5, 6])
def test_a_fault_of_our_own_is_told_even_if_the_reply_seemed_whole(count):
    encoder = stream()
    forwarded = b"".join(PLAIN[:count])
    sent = encoder.feed(forwarded) + encoder.abandon(InternalFailure("Sluice failed"))
    assert added_error(sent, forwarded) == ("internalServerException", b'{"message":"Sluice failed"}')
    assert isinstance(encoder.verdict.error, InternalFailure)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StreamBroken("x"), "modelStreamErrorException"),
        (UpstreamTimeout("x"), "modelStreamErrorException"),
        (DeadlineReached("x"), "modelStreamErrorException"),
        (UpstreamUnreachable("x"), "serviceUnavailableException"),
        (InternalFailure("x"), "internalServerException"),
        (UpstreamRefused(429, "ThrottlingException", "x"), "throttlingException"),
        (UpstreamRefused(403, "AccessDeniedException", "x"), "modelStreamErrorException"),
    ],
)
def test_an_error_frame_is_one_that_every_sdk_has_a_class_for(error, kind):
    sent = exception_frame(error, ConverseWitness.exceptions)
    assert added_error(sent, b"") == (kind, b'{"message":"x"}')


@pytest.mark.parametrize("usage", [None, [], "many", {"inputTokens": None}, {"inputTokens": {}}])
@pytest.mark.parametrize("stop", [STOP, event("messageStop", {"stopReason": None}), event("messageStop", {})])
def test_whatever_the_last_events_hold_the_bytes_pass(usage, stop):
    data = [*PLAIN[:4], stop, event("metadata", {"usage": usage})]
    encoder = stream()
    assert passed(data, encoder) == b"".join(data)
    assert encoder.verdict.error is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff"])
def test_events_that_are_no_json_are_the_clients_to_judge(body):
    data = [
        encode_frame([(":message-type", "event"), (":event-type", name)], body) for name in ("messageStop", "metadata")
    ]
    assert passed(data) == b"".join(data)
