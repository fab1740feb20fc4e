"""The `application/vnd.amazon.eventstream` codec.

A frame is: total length (4 bytes), headers length (4), CRC-32 of these eight (4), headers, payload, CRC-32 of all
before it (4); all big-endian. https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from zlib import crc32

_PRELUDE = struct.Struct("!III")
_CRC = struct.Struct("!I")
_OVERHEAD = 16
# A frame's length is bounded by the format's own limit; more means that the bytes are no event stream.
_MAX_FRAME = 16 * 1024 * 1024 + 128 * 1024
# How many header blocks are remembered, and of what size: should events ever carry an id, memory must not grow with it.
_MAX_KINDS = 64
_MAX_KIND_BLOCK = 256
_STRING = 7
# Lengths of header values by type: booleans carry theirs in the type, numbers, timestamp and UUID are fixed.
_FIXED_LENGTHS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_LENGTH_PREFIXED = (6, _STRING)


class BadFrame(Exception):
    """The bytes are no valid event stream: a checksum or a length is wrong."""


class FrameKind(NamedTuple):
    """What a frame is, by its headers: `message_type` is event, exception or error, `name` the type of that."""

    message_type: str
    name: str
    error_message: str = ""


class Frame(NamedTuple):
    """One whole frame. `payload` is JSON in every frame Bedrock sends."""

    kind: FrameKind
    payload: bytes


# All streams repeat the same few header blocks; each is parsed once.
_kinds: dict[bytes, FrameKind] = {}


class FrameReader:
    """Cuts a stream of bytes into frames, wherever the bytes were split.

    `unread` are the events that nobody looks into: their frames are checked, but not returned.
    """

    __slots__ = ("_rest", "_unread", "_unread_block")

    def __init__(self, unread: frozenset[str] = frozenset()) -> None:
        self._rest = b""
        self._unread = unread
        # The headers of the last of these; the next one's are most likely the same.
        self._unread_block: bytes | None = None

    @property
    def inside_a_frame(self) -> bool:
        """Whether a frame has begun that has not ended."""
        return bool(self._rest)

    def feed(self, data: bytes) -> tuple[bytes, list[Frame], BadFrame | None]:
        """Return the bytes of the frames that are now whole, the frames, and what is wrong with the next, if anything.

        A bad frame comes last: the good ones before it are not lost.
        """
        if self._rest:
            data = self._rest + data
        position, size, frames, problem = 0, len(data), [], None
        while size - position >= _OVERHEAD:
            total, headers_length, prelude_crc = _PRELUDE.unpack_from(data, position)
            if crc32(data[position : position + 8]) != prelude_crc or not _OVERHEAD <= total <= _MAX_FRAME:
                problem = BadFrame("a frame's prelude does not match its checksum")
                break
            if headers_length > total - _OVERHEAD:
                problem = BadFrame("a frame's headers are longer than the frame")
                break
            end = position + total
            if end > size:
                break
            if crc32(data[position + 8 : end - 4], prelude_crc) != _CRC.unpack_from(data, end - 4)[0]:
                problem = BadFrame("a frame does not match its checksum")
                break
            headers_end = position + 12 + headers_length
            block = data[position + 12 : headers_end]
            if block != self._unread_block:
                try:
                    kind = _kinds.get(block) or _kind_of(block)
                except BadFrame as error:
                    problem = error
                    break
                if kind.message_type == "event" and kind.name in self._unread:
                    self._unread_block = block
                else:
                    frames.append(Frame(kind, data[headers_end : end - 4]))
            position = end
        self._rest = data[position:]
        return (data[:position] if self._rest else data), frames, problem


def parse_headers(block: bytes) -> dict[str, str]:
    """Read a frame's headers; those that are no strings are skipped.

    Raises:
        BadFrame: the block is cut or has an unknown type.
    """
    headers: dict[str, str] = {}
    position = 0
    try:
        while position < len(block):
            name_end = position + 1 + block[position]
            name = block[position + 1 : name_end].decode()
            value_type = block[name_end]
            position = name_end + 1
            if value_type in _LENGTH_PREFIXED:
                (length,) = struct.unpack_from("!H", block, position)
                position += 2
            else:
                length = _FIXED_LENGTHS[value_type]
            if position + length > len(block):
                raise BadFrame("a frame's headers are cut")
            if value_type == _STRING:
                headers[name] = block[position : position + length].decode()
            position += length
    except (IndexError, KeyError, UnicodeDecodeError, struct.error):
        raise BadFrame("a frame's headers cannot be read") from None
    return headers


def encode_frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Make a frame with string headers and valid checksums."""
    block = b"".join(_encoded_header(name, value) for name, value in headers.items())
    start = struct.pack("!II", _OVERHEAD + len(block) + len(payload), len(block))
    message = b"".join((start, _CRC.pack(crc32(start)), block, payload))
    return message + _CRC.pack(crc32(message))


def encode_frames(frames: Iterable[tuple[Mapping[str, str], bytes]]) -> bytes:
    """Make several frames, one after the other."""
    return b"".join(encode_frame(headers, payload) for headers, payload in frames)


def _encoded_header(name: str, value: str) -> bytes:
    raw_name, raw_value = name.encode(), value.encode()
    return b"".join((bytes((len(raw_name),)), raw_name, b"\x07", struct.pack("!H", len(raw_value)), raw_value))


def _kind_of(block: bytes) -> FrameKind:
    kind = _parsed_kind(block)
    if len(block) <= _MAX_KIND_BLOCK:
        if len(_kinds) >= _MAX_KINDS:
            _kinds.clear()
        _kinds[block] = kind
    return kind


def _parsed_kind(block: bytes) -> FrameKind:
    headers = parse_headers(block)
    message_type = headers.get(":message-type", "")
    if message_type == "event":
        return FrameKind("event", headers.get(":event-type", ""))
    if message_type == "exception":
        return FrameKind("exception", headers.get(":exception-type", ""))
    return FrameKind("error", headers.get(":error-code", ""), headers.get(":error-message", ""))
