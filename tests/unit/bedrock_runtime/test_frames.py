import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from sluice_local.bedrock_runtime.frames import (
    corrupted,
    encode_frame,
    error_frame,
    event_frame,
    exception_frame,
    padded,
)

# A chunk as Bedrock sent it, kept by a public test suite.
RECORDED_PAYLOAD = (
    b'{"bytes":"eyJjaG9pY2VzIjpbeyJpbmRleCI6MCwibWVzc2FnZSI6eyJyb2xlIjoiYXNzaXN0YW50IiwiY29udGVudCI6Ikkif'
    b'Swic3RvcF9yZWFzb24iOm51bGx9XX0=","p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJK"}'
)
RECORDED_FRAME = (
    b"\x00\x00\x01\x0b\x00\x00\x00K8\xa0\xa5\xc5\x0b:event-type\x07\x00\x05chunk\r:content-type\x07\x00"
    b"\x10application/json\r:message-type\x07\x00\x05event" + RECORDED_PAYLOAD + b"\x11\x061?"
)
DELTA = {"contentBlockIndex": 0, "delta": {"text": "naïve"}}


def decoded(data: bytes) -> list[tuple[dict[str, str], bytes]]:
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(dict(message.headers), message.payload) for message in buffer]


def test_a_frame_is_byte_for_byte_what_bedrock_sends():
    headers = [(":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event")]
    assert encode_frame(headers, RECORDED_PAYLOAD) == RECORDED_FRAME


def test_an_event_decodes_to_its_headers_and_payload():
    [(headers, payload)] = decoded(event_frame("contentBlockDelta", DELTA))
    assert headers == {
        ":event-type": "contentBlockDelta",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    content = json.loads(payload)
    assert content.pop("p")
    assert content == DELTA


def test_text_outside_ascii_travels_unescaped():
    assert "naïve".encode() in event_frame("contentBlockDelta", DELTA)


def test_an_exception_has_its_type_in_the_headers_and_no_padding():
    [(headers, payload)] = decoded(exception_frame("throttlingException", {"message": "slow down"}))
    assert headers[":message-type"] == "exception"
    assert headers[":exception-type"] == "throttlingException"
    assert payload == b'{"message":"slow down"}'


def test_an_error_is_all_headers():
    [(headers, payload)] = decoded(error_frame("InternalFailure", "went wrong"))
    assert headers == {":error-code": "InternalFailure", ":error-message": "went wrong", ":message-type": "error"}
    assert payload == b""


def test_a_frame_decodes_wherever_it_is_split():
    frame = event_frame("contentBlockDelta", DELTA)
    for at in range(len(frame)):
        buffer = EventStreamBuffer()
        buffer.add_data(frame[:at])
        assert list(buffer) == []
        buffer.add_data(frame[at:])
        assert len(list(buffer)) == 1


@pytest.mark.parametrize("corruption", ["prelude_crc", "message_crc"])
def test_a_corrupted_frame_keeps_its_length_and_fails_its_checksum(corruption):
    frame = event_frame("contentBlockDelta", DELTA)
    broken = corrupted(frame, corruption)
    assert len(broken) == len(frame)
    with pytest.raises(ChecksumMismatch):
        decoded(broken)


def test_a_frame_that_is_not_corrupted_is_left_alone():
    assert corrupted(RECORDED_FRAME, "none") == RECORDED_FRAME


def test_padding_is_a_prefix_of_the_alphabet_and_follows_from_the_content():
    lengths = set()
    for text in map(str, range(50)):
        payload = padded({"delta": {"text": text}, "contentBlockIndex": 0})
        assert list(payload) == ["contentBlockIndex", "delta", "p"]
        assert "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".startswith(payload["p"])
        assert payload == padded({"contentBlockIndex": 0, "delta": {"text": text}})
        lengths.add(len(payload["p"]))
    assert len(lengths) > 20
