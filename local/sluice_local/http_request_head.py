"""The heads of requests, read strictly and without I/O (RFC 9112 §2 to §6).

What two readers could read in two ways is refused. (h11 takes three times as long, which a relay's first byte would
feel.)
"""

import re
from dataclasses import dataclass

from sluice_local.http_body import Headers, MalformedRequest

_MAX_HEAD = 64 * 1024
_NAME = r"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rf"({_NAME}) ([\x21-\x7e]+) HTTP/1\.([01])")
# No control characters, and no value that goes on in the next line.
_FIELD = rf"{_NAME}:[\t\x20-\x7e\x80-\xff]*"
# All lines at once: one by one costs more to ask.
_FIELDS = re.compile(rf"(?:{_FIELD}\r\n)*")
_LENGTH = re.compile(r"[0-9]{1,18}")
# What begins otherwise is another protocol, TLS for example, and may never have a line end.
_MAY_BEGIN = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Request line and headers; names are in lower case, repeated ones stay apart."""

    method: str
    target: str
    headers: Headers
    is_http_1_0: bool

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for "100 Continue" before it sends the body."""
        return not self.is_http_1_0 and any(
            name == "expect" and value.lower() == "100-continue" for name, value in self.headers
        )


def read_head(data: bytes) -> tuple[RequestHead, bytes] | None:
    """Return the head that `data` begins with, and what follows it; None: it is not complete yet.

    Raises:
        MalformedRequest: it is no head of an HTTP/1.1 request, or too long for one.
    """
    end = data.find(b"\r\n\r\n", 0, _MAX_HEAD)
    if end < 0:
        if len(data) >= _MAX_HEAD:
            raise MalformedRequest("the request's head is too long", 431)
        if data and not _MAY_BEGIN.match(data):
            raise MalformedRequest("this is no HTTP request")
        return None
    line, _, fields = data[: end + 2].decode("latin-1").partition("\r\n")
    request = _REQUEST_LINE.fullmatch(line)
    if request is None:
        raise MalformedRequest(f"the request line is malformed: {line[:80]!r}")
    method, target, minor_version = request.groups()
    headers = _headers(fields)
    is_http_1_0 = minor_version == "0"
    _check_framing(headers, is_http_1_0=is_http_1_0)
    return RequestHead(method, target, headers, is_http_1_0), data[end + 4 :]


def _headers(fields: str) -> Headers:
    lines = fields.split("\r\n")[:-1]
    if not _FIELDS.fullmatch(fields):
        malformed = next(line for line in lines if not re.fullmatch(_FIELD, line))
        raise MalformedRequest(f"a header line is malformed: {malformed[:80]!r}")
    return tuple((name.lower(), value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))


def _check_framing(headers: Headers, *, is_http_1_0: bool) -> None:
    """Refuse what would let two readers disagree on where the body ends, or on whom the request is for."""
    hosts = lengths = codings = 0
    for name, value in headers:
        if name == "host":
            hosts += 1
        elif name == "content-length":
            lengths += 1
            if not _LENGTH.fullmatch(value):
                raise MalformedRequest(f"the content-length is no number: {value[:40]!r}")
        elif name == "transfer-encoding":
            codings += 1
            if value.lower() != "chunked":
                raise MalformedRequest(f"the transfer-encoding {value[:40]!r} is unknown", 501)
    if hosts > 1 or (not hosts and not is_http_1_0):
        raise MalformedRequest("the request must have one host header")
    if lengths + codings > 1:
        raise MalformedRequest("the request says more than once where its body ends")
