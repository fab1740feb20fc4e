"""What a function URL makes of a function's answer: the prelude of a streamed one, the document of a buffered one.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload and, for the prelude, AWS's
Node.js runtime (`HttpResponseStream.js`).
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

INTEGRATION_CONTENT_TYPE = "application/vnd.awslambda.http-integration-response"
_SEPARATOR = b"\0" * 8
# Generous: API Gateway looks for the prelude's end in the first 16 KiB only.
_MAX_PRELUDE = 1024 * 1024
_HEADER_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
# Function URLs keep these for themselves, and pass the function's own on under another name.
_REMAPPED = frozenset({"authorization", "connection", "content-length", "date", "server", "www-authenticate"})
# These speak of one connection; the function's is not the client's.
_DROPPED = frozenset({"keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"})


class InvalidAnswer(Exception):  # what it is
    """A function's answer that a function URL can make nothing of; its client gets a 502."""


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """Status, headers and cookies as the function gave them."""

    status: int
    headers: tuple[tuple[str, str], ...]
    cookies: tuple[str, ...]

    def client_headers(self, default_content_type: str) -> Iterator[tuple[str, str]]:
        """Yield the headers that reach the client."""
        names = {name.lower() for name, _ in self.headers}
        if "content-type" not in names:
            yield "content-type", default_content_type
        for name, value in self.headers:
            if name.lower() in _REMAPPED:
                yield f"x-amzn-Remapped-{name}", value
            elif name.lower() not in _DROPPED:
                yield name, value
        for cookie in self.cookies:
            yield "set-cookie", cookie


class PreludeReader:
    """Separates a streamed answer's prelude from its payload, however the bytes are cut."""

    def __init__(self) -> None:
        self._gathered = b""

    def feed(self, data: bytes) -> tuple[AnswerHead, bytes] | None:
        """Return the head and the first bytes of the payload once they are there. Raises `InvalidAnswer`."""
        self._gathered += data
        prelude, separator, payload = self._gathered.partition(_SEPARATOR)
        if separator:
            return head_of(_object(prelude, "prelude")), payload
        if len(self._gathered) > _MAX_PRELUDE:
            raise InvalidAnswer("the streamed answer has no prelude that ends in eight NUL bytes")
        return None


def buffered_answer(result: bytes) -> tuple[AnswerHead, bytes]:
    """Read a buffered result: a response object, or any other JSON as the body of a 200. Raises `InvalidAnswer`."""
    try:
        document = json.loads(result)
    except ValueError as error:
        raise InvalidAnswer("the function's result is not JSON") from error
    if not isinstance(document, dict) or "statusCode" not in document:
        return AnswerHead(200, (("content-type", "application/json"),), ()), result
    return head_of(document), _body(document)


def head_of(document: dict[str, Any]) -> AnswerHead:
    """Check status, headers and cookies. Raises `InvalidAnswer`."""
    try:
        status = int(document.get("statusCode", 200))
    except (TypeError, ValueError):
        status = 0
    if not 200 <= status <= 599:
        raise InvalidAnswer(f"statusCode {document['statusCode']!r} is no HTTP status")
    headers, cookies = document.get("headers") or {}, document.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise InvalidAnswer("`headers` must be an object and `cookies` an array")
    pairs = tuple((_name(name), _value(name, value)) for name, value in headers.items())
    return AnswerHead(status, pairs, tuple(_value("set-cookie", cookie) for cookie in cookies))


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise InvalidAnswer(f"the {what} is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidAnswer(f"the {what} is not a JSON object")
    return document


def _body(document: dict[str, Any]) -> bytes:
    body = document.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise InvalidAnswer("`body` must be a string")
    if not document.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidAnswer("`body` is not base64, though `isBase64Encoded` says so") from error


def _name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise InvalidAnswer(f"{name!r} is no header name")
    return name


def _value(name: str, value: object) -> str:
    text = json.dumps(value) if isinstance(value, bool | int | float) else value
    if not isinstance(text, str) or not _HEADER_VALUE.fullmatch(text) or not text.isascii():
        raise InvalidAnswer(f"the value of header {name!r} cannot be sent")
    return text.strip(" \t")
