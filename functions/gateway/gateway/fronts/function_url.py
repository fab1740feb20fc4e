"""Function URL events (payload format 2.0) in, `StreamResponse`s out.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64
from typing import Any, Protocol

from streaming_runtime import StreamResponse

from gateway.messages import Request, Response
from gateway.settings import UrlAuth

# What is kept back to end a stream in order before Lambda kills the function.
_DEADLINE_MARGIN = 4.0


class LambdaContext(Protocol):
    """What we need of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take."""
        ...


def is_http(event: object) -> bool:
    """Tell a function URL's event from a direct invoke with something else in it."""
    return isinstance(event, dict) and "rawPath" in event


def read_event(event: dict[str, Any], context: LambdaContext, url_auth: UrlAuth, now: float) -> Request:
    """Return the request an event describes; `now` is the monotonic clock.

    Raises:
        ValueError: the body is not the base64 it says it is.
    """
    request_context = event.get("requestContext") or {}
    http = request_context.get("http") or {}
    return Request(
        method=str(http.get("method", "POST")).upper(),
        raw_path=str(event["rawPath"]),
        headers={str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
        request_id=context.aws_request_id,
        deadline=now + context.get_remaining_time_in_millis() / 1000 - _DEADLINE_MARGIN,
        principal=_principal(request_context) if url_auth == "AWS_IAM" else None,
        query=str(event.get("rawQueryString") or ""),
    )


def stream_response(response: Response) -> StreamResponse:
    """Return what the streaming runtime sends."""
    return StreamResponse(status_code=response.status, headers=response.headers, body=response.body)


def _principal(request_context: dict[str, Any]) -> str | None:
    """The caller's ARN, which Lambda puts there; believed only when this function's own setting says AWS_IAM.

    Whoever may invoke the function directly could forge it (docs/security.md).
    """
    iam = (request_context.get("authorizer") or {}).get("iam") or {}
    return iam.get("userArn") or None


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    return base64.b64decode(body, validate=True)
