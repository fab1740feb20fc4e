"""Request bodies as they come off the wire, without I/O: counted ones and chunked ones (RFC 9112 §6 and §7).

All the data of one read comes out as one piece: a relay of small chunks pays for each read, not for each chunk.
"""

import re
from typing import Protocol

Headers = tuple[tuple[str, str], ...]

_MAX_LINE = 16 * 1024
# The Runtime API's trailers carry a base64 error report, as long as an answer may be.
_MAX_TRAILERS = 8 * 1024 * 1024
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_TRAILER = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):[ \t]*([^\x00\r\n]*?)[ \t]*")


class MalformedRequest(Exception):  # what it is
    """A request that is not HTTP/1.1, or not unmistakably so; `status` is what to answer."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class BodyDecoder(Protocol):
    """Takes bytes off the wire, gives the body's own bytes."""

    done: bool
    rest: bytes  # what came after the body's end
    trailers: Headers

    def feed(self, data: bytes) -> bytes:
        """Return the body bytes in `data`, joined. Raises `MalformedRequest` for broken framing."""
        ...


def decoder_for(headers: Headers) -> BodyDecoder:
    """Choose by framing headers, which `http_request_head` has checked; without any there is no body."""
    framing = {name: value for name, value in headers if name in ("transfer-encoding", "content-length")}
    if "transfer-encoding" in framing:
        return ChunkedDecoder()
    return LengthDecoder(int(framing.get("content-length", "0")))


class LengthDecoder:
    """A body of a known number of bytes."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.rest = b""
        self.trailers: Headers = ()

    def feed(self, data: bytes) -> bytes:
        """Return the body bytes in `data`."""
        body, self.rest = data[: self._left], data[self._left :]
        self._left -= len(body)
        self.done = self._left == 0
        return body


class ChunkedDecoder:
    """A chunked body, with its trailers."""

    def __init__(self) -> None:
        self.done = False
        self.rest = b""
        self.trailers: Headers = ()
        self._left: int | None = None  # of the current chunk's data; 0: its line end is due; None: a size line is due
        self._held = b""
        self._trailer_lines: list[tuple[str, str]] | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the data of all chunks and parts of chunks in `data`, joined."""
        if self._held:
            data, self._held = self._held + data, b""
        pieces: list[bytes] = []
        at = 0
        while at < len(data) and self._trailer_lines is None:
            if self._left is None:
                after = self._read_size(data, at)
            elif self._left == 0:
                after = self._read_line_end(data, at)
            else:
                pieces.append(data[at : at + self._left])
                after = at + len(pieces[-1])
                self._left -= len(pieces[-1])
            if after == at:
                break
            at = after
        if self._trailer_lines is not None:
            self._read_trailers(data, at)
        elif at < len(data):
            self._hold(data[at:])
        return b"".join(pieces)

    def _read_size(self, data: bytes, at: int) -> int:
        match = _SIZE_LINE.match(data, at)
        if match is None:
            if b"\n" in data[at : at + _MAX_LINE]:
                raise MalformedRequest("a chunk's size line is malformed")
            return at
        size = int(match[1], 16)
        if size:
            self._left = size
        else:
            self._trailer_lines = []
        return match.end()

    def _read_line_end(self, data: bytes, at: int) -> int:
        if not b"\r\n".startswith(data[at : at + 2]):
            raise MalformedRequest("a chunk is longer than its size line says")
        if len(data) - at < 2:
            return at
        self._left = None
        return at + 2

    def _read_trailers(self, data: bytes, at: int) -> None:
        lines = self._trailer_lines if self._trailer_lines is not None else []
        while (end := data.find(b"\r\n", at)) >= 0:
            line, at = data[at:end], end + 2
            if not line:
                self.done, self.rest, self.trailers = True, data[at:], tuple(lines)
                return
            match = _TRAILER.fullmatch(line)
            if match is None:
                raise MalformedRequest("a trailer line is malformed")
            lines.append((match[1].decode("ascii").lower(), match[2].decode("latin-1")))
        self._hold(data[at:])

    def _hold(self, data: bytes) -> None:
        if len(data) > (_MAX_LINE if self._trailer_lines is None else _MAX_TRAILERS):
            raise MalformedRequest("a chunk's size line or a trailer is too long")
        self._held = data
