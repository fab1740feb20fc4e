"""`application/vnd.amazon.eventstream` frames, as Bedrock writes them.

A frame is total length, headers length and the CRC of these two (big endian, four bytes each), the headers, the payload
and the CRC of everything before it. Reference: the AWS event stream specification, read back by botocore's
`eventstream.py`.
"""

import json
import string
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

CONTENT_TYPE = "application/vnd.amazon.eventstream"

Corruption = Literal["none", "prelude_crc", "message_crc"]

_STRING_HEADER = 7
_PRELUDE = struct.Struct("!II")
_CRC = struct.Struct("!I")
# Bedrock pads events with a prefix of this alphabet, so that their sizes on the wire do not tell what was said.
_PADDING = string.ascii_lowercase + string.ascii_uppercase + string.digits


def encode_frame(headers: Sequence[tuple[str, str]], payload: bytes) -> bytes:
    """Return one frame; every header is a string header."""
    head = b"".join(_encode_header(name, value) for name, value in headers)
    prelude = _PRELUDE.pack(len(head) + len(payload) + 16, len(head))
    body = prelude + _CRC.pack(zlib.crc32(prelude)) + head + payload
    return body + _CRC.pack(zlib.crc32(body))


def event_frame(event_type: str, payload: Mapping[str, Any]) -> bytes:
    """Return an event with Bedrock's padding member `p`, its headers in Bedrock's order."""
    return encode_frame(
        [(":event-type", event_type), (":content-type", "application/json"), (":message-type", "event")],
        encode_json(padded(payload)),
    )


def exception_frame(exception_type: str, payload: Mapping[str, Any]) -> bytes:
    """Return a modelled exception; the type is lower camel case (`throttlingException`)."""
    return encode_frame(
        [(":exception-type", exception_type), (":content-type", "application/json"), (":message-type", "exception")],
        encode_json(payload),
    )


def error_frame(code: str, message: str) -> bytes:
    """Return an unmodelled error: both facts are headers and there is no payload."""
    return encode_frame([(":error-code", code), (":error-message", message), (":message-type", "error")], b"")


def corrupted(frame: bytes, corruption: Corruption) -> bytes:
    """Return the frame with one of its two checksums wrong and its length right."""
    match corruption:
        case "none":
            return frame
        case "prelude_crc":
            return frame[:8] + _flipped(frame[8:12]) + frame[12:]
        case "message_crc":
            return frame[:-4] + _flipped(frame[-4:])


def padded(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with `p`, keys in alphabetical order as Bedrock writes them.

    The length follows from the content, so that the same reply is the same bytes.
    """
    content = encode_json(dict(sorted(payload.items())))
    length = 1 + zlib.crc32(content) % len(_PADDING)
    return dict(sorted({**payload, "p": _PADDING[:length]}.items()))


def encode_json(value: Any) -> bytes:
    """Return compact JSON in UTF-8, characters outside ASCII unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _encode_header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    return (
        bytes([len(name_bytes)])
        + name_bytes
        + bytes([_STRING_HEADER])
        + len(value_bytes).to_bytes(2, "big")
        + value_bytes
    )


def _flipped(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)
