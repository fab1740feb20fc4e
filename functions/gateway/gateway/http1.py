"""A sans-IO reader of HTTP/1.1 responses (RFC 9112): bytes go in as they arrive, the head and the body come out.

`http.client` reads with blocking calls that lose their place when they time out; here a read can give up, a keep-alive
be sent, and the same response be read on.
"""

import re
from typing import NamedTuple

_MAX_HEAD = 65_536
_MAX_CHUNK_LINE = 4_096
_MAX_DIGITS = 16
_LENGTH = re.compile(r"[0-9]{1,18}")
_STATUS_LINE = re.compile(r"HTTP/1\.(\d) ([1-5]\d\d)(?: .*)?", re.ASCII)
# RFC 9110, 5.6.2 token, and 5.5: no CR, LF, NUL or other control. All lines at once: one by one costs more to ask.
_FIELD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*"
_FIELDS = re.compile(rf"(?:\r\n{_FIELD})*")
_BODILESS = frozenset({204, 304})


class BadResponse(Exception):
    """The peer does not speak HTTP/1.1 as it should, or hung up in the middle of a response."""


class Head(NamedTuple):
    """Status and headers; names are lower-case, repeated ones are joined with commas.

    `closes` says that the connection carries no other response after this one.
    """

    status: int
    headers: dict[str, str]
    closes: bool = False


class ResponseReader:
    """Reads one response. `head` is set once it is complete; `ended` once the body is."""

    __slots__ = ("_buffer", "_chunked", "_left", "ended", "head")

    def __init__(self) -> None:
        self.head: Head | None = None
        self.ended = False
        self._buffer = b""
        self._chunked = False
        # What is left of the body or of the chunk; None: until the peer closes, or the next chunk's size is due.
        self._left: int | None = None

    @property
    def reusable(self) -> bool:
        """Whether the connection can carry another request after this response."""
        return (
            self.ended
            and not self._buffer
            and self.head is not None
            and not self.head.closes
            and (self._chunked or self._left is not None)
        )

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they came (empty: the peer closed) and return what they complete of the body.

        Raises:
            BadResponse: the response is malformed, or ends early.
        """
        if not data:
            return self._peer_closed()
        if self._buffer:
            data = self._buffer + data
        if self._chunked:
            return self._read_chunks(data)
        self._buffer = data
        if self.head is None and not self._read_head():
            return b""
        # Reading the head has told how the body is framed.
        return self._read_body()

    def _peer_closed(self) -> bytes:
        if self.head is None:
            raise BadResponse("the connection was closed before a response came")
        if (self._chunked or self._left is not None) and not self.ended:
            raise BadResponse("the connection was closed in the middle of the response")
        self.ended = True
        return b""

    def _read_head(self) -> bool:
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = parse_head(self._buffer[:end])
            self._buffer = self._buffer[end + 4 :]
            if head.status >= 200:  # below are interim responses: the real one follows
                self.head = head
                self._begin_body(head)
                return True
        if len(self._buffer) > _MAX_HEAD:
            raise BadResponse("the response's head is too long")
        return False

    def _begin_body(self, head: Head) -> None:
        if head.status in _BODILESS:
            self._left = 0
        elif (coding := head.headers.get("transfer-encoding")) is not None:
            if coding.lower() != "chunked":
                raise BadResponse(f"the response has an unknown transfer-encoding: {coding[:40]!r}")
            self._chunked = True
        elif (length := head.headers.get("content-length")) is not None:
            if not _LENGTH.fullmatch(length):
                raise BadResponse("the response's content-length is no number")
            self._left = int(length)

    def _read_body(self) -> bytes:
        return self._read_chunks(self._buffer) if self._chunked else self._read_plain()

    def _read_plain(self) -> bytes:
        body, self._buffer = self._buffer, b""
        if self._left is not None:
            body, self._buffer = body[: self._left], body[self._left :]
            self._left -= len(body)
            self.ended = self._left == 0
        return body

    def _read_chunks(self, data: bytes) -> bytes:
        # This runs for each event, most often with one whole chunk, for which the short way out saves a fifth.
        pieces: list[bytes] = []
        position, size, left = 0, len(data), self._left
        while position < size and not self.ended:
            if left is None:
                line_end = data.find(b"\r\n", position)
                if line_end < 0:
                    if size - position > _MAX_CHUNK_LINE:
                        raise BadResponse("a chunk's size line is too long")
                    break
                left = _chunk_size(data[position:line_end])
                if not left:
                    position, left = self._after_trailers(data, position, line_end)
                    break
                position = line_end + 2
            end = position + left
            if end + 2 == size and not pieces and data.endswith(b"\r\n"):
                self._left, self._buffer = None, b""
                return data[position:end]
            pieces.append(data[position:end])
            if size < end + 2:
                left = max(end - size, 0)
                position = min(end, size)
                break
            if data[end : end + 2] != b"\r\n":
                raise BadResponse("a chunk does not end where its size says")
            position, left = end + 2, None
        self._left = left
        self._buffer = data[position:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _after_trailers(self, data: bytes, position: int, line_end: int) -> tuple[int, int | None]:
        """Return where the body ends, and what is left: the last chunk is followed by trailers and an empty line."""
        end = data.find(b"\r\n\r\n", line_end)
        if end >= 0:
            self.ended = True
            return end + 4, 0
        if len(data) - line_end > _MAX_HEAD:
            raise BadResponse("the response's trailers are too long")
        return position, None  # the size line is read again, once there is more


def parse_head(raw: bytes) -> Head:
    """Parse status line and header lines (without the empty line).

    Raises:
        BadResponse: it is no HTTP/1.x response head.
    """
    text = raw.decode("latin-1")
    status_line, *lines = text.split("\r\n")
    status = _STATUS_LINE.fullmatch(status_line)
    if status is None:
        raise BadResponse(f"not an HTTP/1.1 response: {status_line[:60]!r}")
    if not _FIELDS.fullmatch(text, len(status_line)):
        bad = next(line for line in lines if not re.fullmatch(_FIELD, line))
        raise BadResponse(f"not a header line: {bad[:60]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    connection = {option.strip() for option in headers.get("connection", "").lower().split(",")}
    closes = "close" in connection or (status[1] == "0" and "keep-alive" not in connection)
    return Head(int(status[2]), headers, closes)


def _chunk_size(line: bytes) -> int:
    digits = line if line.isalnum() else line.partition(b";")[0].strip()
    # Not a pattern: this runs for each event. int() alone would also take signs, underscores, spaces and a prefix.
    if digits.isalnum() and len(digits) <= _MAX_DIGITS and digits[:2].lower() != b"0x":
        try:
            return int(digits, 16)
        except ValueError:
            pass
    raise BadResponse(f"not a chunk size: {line[:20]!r}")
