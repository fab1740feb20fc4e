"""Native answers: Bedrock's own status, headers and bytes, and AWS's error contract for errors of ours."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.bedrock.failures import STATUS_BY_TYPE, advice_for
from gateway.bedrock.grammar import Usage, tier_of, usage_of
from gateway.errors import BudgetSpent, GatewayError
from gateway.messages import Response

# The connection's own headers, and those that only the function URL may set.
_DROPPED = frozenset({"connection", "content-length", "date", "keep-alive", "server", "trailer", "transfer-encoding"})


# Where InvokeModel tells its tokens, whatever the model's own body says of them.
_COUNT_HEADERS = {
    "inputTokens": "x-amzn-bedrock-input-token-count",
    "outputTokens": "x-amzn-bedrock-output-token-count",
    "cacheReadInputTokens": "x-amzn-bedrock-cache-read-input-token-count",
    "cacheWriteInputTokens": "x-amzn-bedrock-cache-write-input-token-count",
}


def usage_in(reply: dict[str, Any], headers: Mapping[str, str]) -> Usage | None:
    """Return the tokens of a Converse reply, else those that InvokeModel's headers tell; None where neither does."""
    usage = reply.get("usage")
    if isinstance(usage, dict) and "inputTokens" in usage:
        return usage_of(usage, tier=tier_of(reply))
    counted = {name: int(headers[header]) for name, header in _COUNT_HEADERS.items() if _is_count(headers.get(header))}
    return usage_of(counted, tier=headers.get("x-amzn-bedrock-service-tier", "")) if counted else None


def _is_count(value: str | None) -> bool:
    return value is not None and value.isascii() and value.isdecimal()


def passed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return Bedrock's headers that the client is owed."""
    return {name: value for name, value in headers.items() if name not in _DROPPED}


def error_reply(error: GatewayError, request_id: str) -> Response:
    """Return an error as AWS answers: the SDKs make the exception's class from `x-amzn-errortype`."""
    headers = {
        "content-type": "application/json",
        "x-amzn-errortype": error.aws_type,
        "x-amzn-requestid": request_id,
    }
    if error.retryable:
        headers["retry-after"] = "1"
    return Response(_status(error), headers, (orjson.dumps({"message": str(error)}),))


def _status(error: GatewayError) -> int:
    """Return the status that Bedrock has for the error's type, where the fault is not the client's.

    The AWS SDKs go by it: they ask again, up to four times, after 502 and 504, for what may have been paid already, and
    not after Bedrock's own 424 and 408. A 429 they take for throttling, whatever its type.
    """
    has_bedrocks = error.status >= 500 or isinstance(error, BudgetSpent)
    return STATUS_BY_TYPE.get(error.aws_type, error.status) if has_bedrocks else error.status


def refusal_headers(headers: Mapping[str, str], error: GatewayError) -> dict[str, str]:
    """Return the headers of Bedrock's own error; one that came without its type gets it, for the SDKs go by that."""
    return {"x-amzn-errortype": error.aws_type, **passed_headers(headers)}


def explained(error: GatewayError, body: bytes) -> bytes:
    """Add to Bedrock's error text what usually causes it. The other members stay as they are."""
    advice = advice_for(error.aws_type)
    if not advice:
        return body
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    key = next((key for key in ("message", "Message") if isinstance(answer, dict) and key in answer), None)
    return orjson.dumps({**answer, key: f"{answer[key]}{advice}"}) if key else body
