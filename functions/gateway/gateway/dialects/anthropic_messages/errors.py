"""Anthropic's errors: types, statuses, the envelope. https://platform.claude.com/docs/en/api/errors"""

from typing import Any

import orjson

from gateway.bedrock.failures import is_context_overflow, unmistakable
from gateway.errors import GatewayError, InvalidRequest, UpstreamRefused
from gateway.messages import Response

type Json = dict[str, Any]

_OVERLOADED = 529
# AWS's exception → HTTP status, where it is another one than Bedrock's.
_STATUSES = {
    "ModelNotReadyException": _OVERLOADED,
    "ServiceQuotaExceededException": 429,
    "ServiceUnavailableException": _OVERLOADED,
}
# HTTP status → Anthropic's type of error; what is not here is an api_error.
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    _OVERLOADED: "overloaded_error",
}
# The words by which Claude Code knows that it must shorten the conversation.
_TOO_LONG = "prompt is too long"


def status_of(error: GatewayError) -> int:
    """Return the HTTP status that Anthropic gives for such an error."""
    return _STATUSES.get(error.aws_type, error.status) if isinstance(error, UpstreamRefused) else error.status


def error_json(error: GatewayError, request_id: str) -> Json:
    """Return Anthropic's error envelope, which is also the data of a stream's `error` event."""
    message = unmistakable(error)
    if is_context_overflow(error) and _TOO_LONG not in message.lower():
        message = f"{_TOO_LONG}: {message}"
    kind = _ERROR_TYPES.get(status_of(error), "api_error")
    told: Json = {"type": kind, "message": message}
    if isinstance(error, InvalidRequest) and error.code:
        told["details"] = {"error_code": error.code}
    return {"type": "error", "error": told, "request_id": request_id}


def error_reply(error: GatewayError, request_id: str) -> Response:
    """Return an error that the Anthropic SDKs raise as the class for its status."""
    status = status_of(error)
    headers = {"content-type": "application/json", "request-id": request_id}
    if error.aws_type == "ServiceQuotaExceededException" or (_is_final(error) and status >= 408):
        # The SDKs ask again after 408, 429 and any 5xx; these cannot get better, or were paid for already.
        headers["x-should-retry"] = "false"
    elif status in (429, _OVERLOADED) or error.retryable:
        headers["retry-after"] = error.retry_after or "1"
    return Response(status, headers, (orjson.dumps(error_json(error, request_id)),))


def _is_final(error: GatewayError) -> bool:
    """Tell whether asking again would be in vain, or pay twice. Bedrock's own failures are for a moment."""
    return not error.retryable and not isinstance(error, UpstreamRefused)
