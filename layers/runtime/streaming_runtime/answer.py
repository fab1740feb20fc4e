"""Reads the Runtime API's answers: HTTP/1.1 responses from a peer that is Lambda itself.

`http.client` reads them as well, but with the parser for e-mail, which takes 10 ms of a cold start to import and more
than the rest of an invocation's start to run.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

_CONTINUE: Final = 100
_LINE_END: Final = b"\r\n"


class AnswerError(Exception):
    """An answer that broke off, or is no HTTP."""


class Answer(NamedTuple):
    """What the Runtime API said: a status, headers by lower-case name, a body.

    `closes` says that the connection carries no other answer after this one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    closes: bool = False

    def __str__(self) -> str:
        return f"{self.status} {self.body[:512].decode(errors='replace').strip()}"


class _Incoming:
    """What a connection brings, taken by lines and lengths. `receive` gives bytes as they come, at the end none."""

    __slots__ = ("_data", "_receive")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._data = b""

    def until(self, mark: bytes) -> bytes:
        """Take what comes before the mark, and drop the mark."""
        while True:
            taken, found, rest = self._data.partition(mark)
            if found:
                self._data = rest
                return taken
            self._data += self._next(f"after {self._data[:40]!r}")

    def exactly(self, size: int) -> bytes:
        """Take so many bytes."""
        pieces, length = [self._data], len(self._data)
        while length < size:
            pieces.append(self._next(f"after {length} of {size} bytes"))
            length += len(pieces[-1])
        whole = b"".join(pieces)
        self._data = whole[size:]
        return whole[:size]

    def rest(self) -> bytes:
        """Take all there is, until the connection ends."""
        return b"".join((self._data, *iter(self._receive, b"")))

    def _next(self, where: str) -> bytes:
        if data := self._receive():
            return data
        raise AnswerError(f"the connection was closed {where}")


def read_answer(receive: Callable[[], bytes]) -> Answer:
    """Read one answer off a connection, of which `receive` gives bytes as they come, and none at its end.

    Raises:
        AnswerError: it broke off, or is no HTTP.
    """
    incoming = _Incoming(receive)
    status = _CONTINUE
    while status == _CONTINUE:
        line = incoming.until(_LINE_END)
        status = _status(line)
        headers = _headers(incoming)
    return Answer(status, headers, _body(incoming, headers), _closes(line, headers))


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise AnswerError(f"not a status line: {line[:40]!r}")
    return int(rest[:3])


def _closes(status_line: bytes, headers: Mapping[str, str]) -> bool:
    framed = "content-length" in headers or headers.get("transfer-encoding", "").lower() == "chunked"
    stays = framed and status_line.startswith(b"HTTP/1.1 ")
    return not stays or "close" in headers.get("connection", "").lower()


def _headers(incoming: _Incoming) -> dict[str, str]:
    headers = {}
    while line := incoming.until(_LINE_END):
        name, _, value = line.partition(b":")
        # A client context is JSON in UTF-8.
        headers[name.decode("latin-1").lower()] = value.strip().decode(errors="replace")
    return headers


def _body(incoming: _Incoming, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(iter(lambda: _chunk(incoming), b""))
    if "content-length" not in headers:
        return incoming.rest()
    return incoming.exactly(_number(headers["content-length"].encode(), 10))


def _chunk(incoming: _Incoming) -> bytes:
    """The next chunk's data; none after the last one, whose trailers are read too."""
    size = _number(incoming.until(_LINE_END).partition(b";")[0], 16)
    if not size:
        _headers(incoming)
        return b""
    data = incoming.exactly(size)
    incoming.until(_LINE_END)
    return data


def _number(digits: bytes, base: int) -> int:
    try:
        number = int(digits, base)
    except ValueError:
        number = -1
    if number < 0:
        raise AnswerError(f"not a length: {digits[:40]!r}")
    return number
