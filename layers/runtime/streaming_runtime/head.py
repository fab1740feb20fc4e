"""Status, headers and cookies of an answer: checked, put in Lambda's form, encoded as the prelude of a stream.

The prelude's form is that of `application/vnd.awslambda.http-integration-response`: JSON, eight NUL bytes, payload.
"""

import json
import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from streaming_runtime.response import StreamResponse

DEFAULT_CONTENT_TYPE: Final = "application/octet-stream"
END_OF_PRELUDE: Final = b"\0" * 8

# The platform frames the payload itself, so these can only contradict what it does.
SET_BY_THE_PLATFORM: Final = frozenset({"content-length", "transfer-encoding"})

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2 token
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110, 5.5 field-value: no CR, LF, NUL or other control


class InvalidHeadError(ValueError):
    """A status code, header or cookie that HTTP cannot carry. The message names it and never quotes its value."""


class Head(NamedTuple):
    """A checked head; no two header names differ in case only, and `content-type` is always among them."""

    status_code: int
    headers: dict[str, str]
    cookies: list[str]

    @property
    def content_type(self) -> str:
        """The value of the `content-type` header."""
        return next(value for name, value in self.headers.items() if name.lower() == "content-type")

    def prelude(self) -> bytes:
        """The bytes that open a stream, ready for the payload to follow."""
        metadata = {"statusCode": self.status_code, "headers": self.headers, "cookies": self.cookies}
        return json.dumps(metadata, separators=(",", ":")).encode() + END_OF_PRELUDE


def head_of(response: StreamResponse) -> Head:
    """Check the head of `response` and put it in Lambda's form; `InvalidHeadError` when it cannot be sent."""
    headers: dict[str, str] = {}
    cookies = list(_cookies(response.cookies))
    seen = set()
    for name, value in response.headers.items():
        _check_header(name, value)
        folded = name.lower()
        if folded == "set-cookie":
            cookies.append(value)
        elif folded in seen:
            raise InvalidHeadError(f"header {name!r} is there twice, in two spellings")
        elif folded not in SET_BY_THE_PLATFORM:
            headers[name] = value
        seen.add(folded)
    if "content-type" not in seen:
        headers["content-type"] = DEFAULT_CONTENT_TYPE
    return Head(_status_code(response.status_code), headers, cookies)


def _status_code(status_code: object) -> int:
    if not isinstance(status_code, int) or not 200 <= status_code <= 599:
        raise InvalidHeadError(f"status_code must be an integer from 200 to 599, not {status_code!r}")
    return int(status_code)  # http.HTTPStatus is welcome, JSON gets the plain number


def _cookies(cookies: Iterable[str]) -> Iterable[str]:
    if isinstance(cookies, str):  # a string is a sequence of strings too, one cookie per letter
        raise InvalidHeadError("cookies must be a sequence of strings, not one string")
    for cookie in cookies:
        _check_value("a cookie", cookie)
        yield cookie


def _check_header(name: object, value: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidHeadError(f"header name {name!r} is not an HTTP token")
    _check_value(f"the value of header {name!r}", value)


def _check_value(what: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidHeadError(f"{what} must be a string, not {type(value).__name__}")
    if not _VALUE.fullmatch(value):
        raise InvalidHeadError(f"{what} has a control character (CR, LF, NUL, …) or one outside latin-1")
