"""Reads the Runtime API's answers: HTTP/1.1 responses from a peer that is Lambda itself.

`http.client` reads them as well, but with the parser for e-mail, which takes 10 ms of a cold start to import and more
than the rest of an invocation's start to run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

_CONTINUE: Final = 100


class AnswerError(Exception):
    """An answer that broke off, or is no HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the Runtime API said: a status, headers by lower-case name, a body.

    `closes` says that the connection carries no other answer after this one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    closes: bool = False

    def __str__(self) -> str:
        return f"{self.status} {self.body[:512].decode(errors='replace').strip()}"


def read_answer(stream: BinaryIO) -> Answer:
    """Read one answer off a connection.

    Raises:
        AnswerError: it broke off, or is no HTTP.
    """
    status = _CONTINUE
    while status == _CONTINUE:
        line = _line(stream)
        status = _status(line)
        headers = _headers(stream)
    return Answer(status, headers, _body(stream, headers), _closes(line, headers))


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise AnswerError(f"the connection was closed after {line[:40]!r}")
    return line.rstrip(b"\r\n")


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
        raise AnswerError(f"not a status line: {line[:40]!r}")
    return int(rest[:3])


def _closes(status_line: bytes, headers: Mapping[str, str]) -> bool:
    framed = "content-length" in headers or headers.get("transfer-encoding", "").lower() == "chunked"
    stays = framed and status_line.startswith(b"HTTP/1.1 ")
    return not stays or "close" in headers.get("connection", "").lower()


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers = {}
    while line := _line(stream):
        name, _, value = line.partition(b":")
        # A client context is JSON in UTF-8.
        headers[name.decode("latin-1").lower()] = value.strip().decode(errors="replace")
    return headers


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join(iter(lambda: _chunk(stream), b""))
    if "content-length" not in headers:
        return stream.read()
    return _exactly(stream, _number(headers["content-length"].encode(), 10))


def _chunk(stream: BinaryIO) -> bytes:
    """The next chunk's data; none after the last one, whose trailers are read too."""
    size = _number(_line(stream).partition(b";")[0], 16)
    if not size:
        _headers(stream)
        return b""
    data = _exactly(stream, size)
    _line(stream)
    return data


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise AnswerError(f"the connection was closed after {len(data)} of {size} bytes")
    return data


def _number(digits: bytes, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise AnswerError(f"not a length: {digits[:40]!r}") from None
