"""A client's HTTP request as the event that a function behind a function URL gets (payload format 2.0).

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sluice_local.http_server import HttpRequest

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXT = re.compile(r"text/.*|application/(json|javascript|xml|[^;]*\+(json|xml))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UrlContext:
    """What an event says that the request itself does not; `now` is in UTC. `authorizer` is set under AWS_IAM."""

    request_id: str
    trace_id: str
    scheme: str
    port: int
    now: datetime
    authorizer: dict[str, Any] | None = None


def event_of(request: HttpRequest, context: UrlContext) -> dict[str, Any]:
    """Return the event. The path stays as it was sent, percent-encoded; so does the raw query."""
    path, _, query = request.target.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": _headers(request, context),
        "requestContext": _request_context(request, path, context),
        "isBase64Encoded": False,
    }
    if cookies := [part for value in _values(request, "cookie") for part in value.split("; ")]:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if request.body:
        event["body"], event["isBase64Encoded"] = _body(request)
    return event


def _headers(request: HttpRequest, context: UrlContext) -> dict[str, str]:
    # Under AWS_IAM the front door takes the Authorization header for itself.
    taken = {"cookie"} if context.authorizer is None else {"cookie", "authorization"}
    return {
        **_joined((name, value) for name, value in request.headers if name not in taken),
        "x-amzn-trace-id": context.trace_id,
        "x-forwarded-for": request.peer,
        "x-forwarded-port": str(context.port),
        "x-forwarded-proto": context.scheme,
    }


def _request_context(request: HttpRequest, path: str, context: UrlContext) -> dict[str, Any]:
    domain = (request.header("host") or "").partition(":")[0]
    identity = {"authorizer": {"iam": context.authorizer}} if context.authorizer is not None else {}
    return {
        "accountId": context.authorizer["accountId"] if context.authorizer is not None else "anonymous",
        "apiId": domain.partition(".")[0],
        **identity,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.peer,
            "userAgent": request.header("user-agent") or "",
        },
        "requestId": context.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": _clf_time(context.now),
        "timeEpoch": int(context.now.timestamp() * 1000),
    }


def _clf_time(now: datetime) -> str:
    """Return the time of a Common Log Format; `strftime` would name the month in this machine's language."""
    return f"{now.day:02}/{_MONTHS[now.month - 1]}/{now.year}:{now.hour:02}:{now.minute:02}:{now.second:02} +0000"


def _body(request: HttpRequest) -> tuple[str, bool]:
    """Return text as it is where the content type says text, anything else in base64."""
    if _TEXT.match(request.header("content-type") or "") and request.header("content-encoding") is None:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass  # labelled as text, but not in UTF-8
    return base64.b64encode(request.body).decode("ascii"), True


def _values(request: HttpRequest, name: str) -> list[str]:
    return [value for known, value in request.headers if known == name]


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
