import struct
from zlib import crc32

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer, ParserError
from gateway.bedrock import eventstream
from gateway.bedrock.eventstream import (
    BadFrame,
    Frame,
    FrameKind,
    FrameReader,
    encode_frame,
    encode_frames,
    parse_headers,
)
from hypothesis import given
from hypothesis import strategies as st
from unit.gateway.recordings import PLAIN, THROTTLED, UNMODELLED, every_cut

STREAM = b"".join([*PLAIN, THROTTLED, UNMODELLED])

names = st.text(min_size=1, max_size=20)
headers = st.dictionaries(names, st.text(max_size=40), max_size=5)
payloads = st.binary(max_size=300)

# One header of each type of the format, as bytes: type, then the value.
VALUES = {
    "true": b"\x00",
    "false": b"\x01",
    "byte": b"\x02\x7f",
    "short": b"\x03\x7f\xff",
    "integer": b"\x04\x7f\xff\xff\xff",
    "long": b"\x05" + b"\x7f" * 8,
    "bytes": b"\x06\x00\x03abc",
    "string": b"\x07\x00\x05words",
    "timestamp": b"\x08" + b"\x00" * 8,
    "uuid": b"\x09" + b"\x11" * 16,
}


def with_headers(block, payload=b"{}", headers_length=None):
    """Make a frame with valid checksums around any header block."""
    start = struct.pack("!II", 16 + len(block) + len(payload), len(block) if headers_length is None else headers_length)
    message = start + struct.pack("!I", crc32(start)) + block + payload
    return message + struct.pack("!I", crc32(message))


def header(name, value):
    return bytes([len(name)]) + name.encode() + value


def read_by_botocore(data):
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return [(message.headers, message.payload) for message in buffer]


def read(*pieces):
    """Feed the pieces to a reader; return the bytes it passed, the frames, and what was wrong."""
    reader, passed, frames = FrameReader(), b"", []
    for piece in pieces:
        whole, more, problem = reader.feed(piece)
        passed += whole
        frames += more
        if problem:
            return passed, frames, problem
    return passed, frames, None


@given(st.lists(st.tuples(headers, payloads), max_size=4))
def test_botocore_reads_what_the_encoder_writes(messages):
    assert read_by_botocore(encode_frames(messages)) == messages


@given(headers, payloads)
def test_the_header_parser_reads_what_the_encoder_writes(fields, payload):
    frame = encode_frame(fields, payload)
    (headers_length,) = struct.unpack_from("!I", frame, 4)
    assert parse_headers(frame[12 : 12 + headers_length]) == fields


def test_a_frame_is_exactly_these_bytes():
    assert encode_frame({":event-type": "ping"}, b"{}") == bytes.fromhex(
        "00000025 00000013 e8bd3ec3 0b3a6576656e742d74797065 070004 70696e67 7b7d 58e022b9"
    )


def test_every_kind_of_frame_is_told_by_its_headers():
    _, frames, problem = read(b"".join([PLAIN[0], THROTTLED, UNMODELLED]))
    assert problem is None
    assert [frame.kind for frame in frames] == [
        FrameKind("event", "messageStart"),
        FrameKind("exception", "throttlingException"),
        FrameKind("error", "InternalFailure", "An internal server error occurred"),
    ]


def test_a_frame_that_says_nothing_of_its_kind_is_an_error():
    assert read(encode_frame({}, b"{}"))[1] == [Frame(FrameKind("error", ""), b"{}")]


def test_the_payloads_are_those_botocore_reads():
    _, frames, _ = read(STREAM)
    assert [frame.payload for frame in frames] == [payload for _, payload in read_by_botocore(STREAM)]


def test_wherever_the_bytes_are_cut_the_frames_are_the_same():
    expected = read(STREAM)
    for pieces in every_cut(STREAM):
        assert read(*pieces) == expected
    assert expected[0] == STREAM


def test_only_whole_frames_are_passed_on():
    ends = [sum(map(len, PLAIN[:count])) for count in range(len(PLAIN) + 1)]
    data = b"".join(PLAIN)
    for position in range(len(data)):
        reader = FrameReader()
        passed, frames, _ = reader.feed(data[:position])
        assert passed == data[: max(end for end in ends if end <= position)]
        assert len(frames) == sum(end <= position for end in ends[1:])
        assert reader.inside_a_frame == (position not in ends)


def test_a_flipped_byte_anywhere_is_never_silently_wrong():
    data = b"".join(PLAIN)
    whole = read(data)[1]
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x55
        passed, frames, problem = read(bytes(damaged))
        assert isinstance(problem, BadFrame), position
        assert frames == whole[: len(frames)]
        assert data.startswith(passed)
        assert len(passed) <= position
        with pytest.raises(ParserError):
            read_by_botocore(bytes(damaged))


@given(st.data())
def test_bytes_that_are_lost_are_never_silently_lost(data):
    stream = b"".join(PLAIN)
    start = data.draw(st.integers(0, len(stream) - 1))
    end = data.draw(st.integers(start + 1, len(stream)))
    reader = FrameReader()
    _, frames, problem = reader.feed(stream[:start] + stream[end:])
    # What is missing shows as a bad frame, as a rest that never ends, or as whole frames that are not there.
    assert problem or reader.inside_a_frame or len(frames) < len(PLAIN)


def test_good_frames_before_a_bad_one_are_not_lost():
    passed, frames, problem = read(PLAIN[0] + PLAIN[1] + b"<html>502 Bad Gateway</html>")
    assert (passed, len(frames)) == (PLAIN[0] + PLAIN[1], 2)
    assert str(problem) == "a frame's prelude does not match its checksum"


def test_a_wrong_length_is_told_at_once_instead_of_waited_for():
    # Three bytes of the length flipped: a reader that believed them would wait for megabytes that never come.
    damaged = b"\x00\x99" + PLAIN[0][2:]
    assert isinstance(read(damaged[:16])[2], BadFrame)


@pytest.mark.parametrize("total", [0, 15, 17 * 1024 * 1024])
def test_a_length_no_frame_can_have_is_refused_even_with_a_valid_checksum(total):
    start = struct.pack("!II", total, 0)
    assert isinstance(read(start + struct.pack("!I", crc32(start)) + bytes(8))[2], BadFrame)


def test_headers_that_claim_to_reach_past_the_frame_are_refused():
    block = header(":message-type", b"\x07\x00\x05event") + header(":event-type", VALUES["string"])
    for number in range(100_000):
        payload = b'{"n":%d}' % number
        frame = with_headers(block, payload, len(block) + len(payload) + 5)
        # Such a checksum reads like the name of one more header, whose type is the next frame's first byte.
        if frame[-4] == 3 and frame[-3:].isascii():
            break
    assert parse_headers((frame + PLAIN[0])[12:][: len(block)])[":event-type"] == "words"
    passed, frames, problem = read(frame + PLAIN[0])
    assert (passed, frames) == (b"", [])
    assert str(problem) == "a frame's headers are longer than the frame"


def test_headers_of_every_type_are_read_past():
    block = b"".join(header(name, value) for name, value in VALUES.items())
    assert parse_headers(block) == {"string": "words"}
    ((fields, _),) = read_by_botocore(with_headers(block))
    assert list(fields) == list(VALUES)


@pytest.mark.parametrize("name", VALUES)
def test_a_header_block_that_is_cut_is_refused(name):
    block = header("first", VALUES["string"]) + header(name, VALUES[name])
    start = len(header("first", VALUES["string"]))
    for end in range(start + 1, len(block)):
        with pytest.raises(BadFrame):
            parse_headers(block[:end])


@pytest.mark.parametrize("value", [b"\x0a", b"\xff", b"\x07\x00\x02\xff\xfe"])
def test_a_header_that_cannot_be_read_is_refused(value):
    with pytest.raises(BadFrame):
        parse_headers(header("odd", value))
    assert isinstance(read(with_headers(header("odd", value)))[2], BadFrame)


@given(st.binary(max_size=60))
def test_the_header_parser_reads_any_bytes_or_refuses_them(block):
    try:
        fields = parse_headers(block)
    except BadFrame:
        return
    assert all(isinstance(value, str) for value in fields.values())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_never_lost(data):
    reader = FrameReader()
    passed, _, problem = reader.feed(data)
    assert data.startswith(passed)
    assert problem or reader.inside_a_frame == (passed != data)


def test_header_blocks_that_never_repeat_do_not_fill_the_memory():
    reader = FrameReader()
    for number in range(2_000):
        _, (frame,), _ = reader.feed(
            encode_frame({":message-type": "event", ":event-type": "x", "id": f"{number}"}, b"")
        )
        assert frame.kind == FrameKind("event", "x")
    assert len(eventstream._kinds) <= 64
    # The last ones are known all the same: what a stream repeats is among them.
    assert sum(frame.kind is kind for kind in eventstream._kinds.values()) == 1


def test_botocore_raises_on_both_kinds_of_corruption_we_refuse():
    for position, message in ((9, "prelude"), (-1, "frame")):
        damaged = bytearray(PLAIN[0])
        damaged[position] ^= 1
        with pytest.raises(ChecksumMismatch):
            read_by_botocore(bytes(damaged))
        assert message in str(read(bytes(damaged))[2])
