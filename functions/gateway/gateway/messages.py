"""A request comes in, a status, headers and an iterable of bytes go out. Nothing here knows Lambda."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Request(NamedTuple):
    """One client request.

    `raw_path` and `query` are as received, still percent-encoded; header names are lower-case; `deadline` is when (in
    seconds of the monotonic clock) the answer must have ended; `principal` is the caller's ARN under AWS_IAM.
    """

    method: str
    raw_path: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    deadline: float
    principal: str | None = None
    query: str = ""


class Response(NamedTuple):
    """What goes back: `body` is drawn once, each piece is sent as soon as it is yielded."""

    status: int
    headers: Mapping[str, str] = {}
    body: Iterable[bytes] = ()
