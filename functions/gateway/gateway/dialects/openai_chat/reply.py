"""Converse replies and errors → Chat Completions."""

from typing import Any

import orjson

from gateway.bedrock.grammar import Usage, usage_of
from gateway.errors import GatewayError, InvalidRequest, StreamBroken, UnknownModel
from gateway.messages import Response

type Json = dict[str, Any]

# Converse stop reason → OpenAI finish reason. What is not here is told as "stop": the list grows with Bedrock.
FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "compaction": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "refusal": "content_filter",
}

# HTTP status → OpenAI error type, and the code where OpenAI has one for it.
_ERROR_TYPES: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", None),
    404: ("invalid_request_error", None),
    405: ("invalid_request_error", None),
    408: ("api_error", "timeout"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("overloaded_error", None),
    504: ("api_error", "timeout"),
}
_CONTEXT_OVERFLOW = ("input is too long", "too many input tokens", "prompt is too long", "exceed context limit")


def completion(reply: Json, *, reply_id: str, created: int, model: str) -> Json:
    """Return the `chat.completion` for a Converse response body.

    Raises:
        StreamBroken: the model answered with content that Chat Completions cannot carry.
    """
    message: Json = {"role": "assistant", "content": None, "refusal": None}
    for block in reply["output"]["message"]["content"]:
        for kind, value in block.items():
            if kind == "text":
                message["content"] = (message["content"] or "") + value
            elif kind == "reasoningContent":
                message["reasoning_content"] = message.get("reasoning_content", "") + _reasoning_text(value)
            else:
                raise uncarried(kind)
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": FINISH_REASONS.get(reply.get("stopReason", ""), "stop"),
    }
    return {
        "id": reply_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": usage_json(usage_of(reply.get("usage", {}))),
    }


def usage_json(usage: Usage) -> Json:
    """Return OpenAI's `usage`: prompt tokens are all that went in, cached or not."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens},
    }


def error_json(error: GatewayError) -> Json:
    """Return OpenAI's error envelope."""
    kind, code = _ERROR_TYPES.get(error.status, ("api_error", None))
    if isinstance(error, UnknownModel) or error.aws_type == "ResourceNotFoundException":
        code = "model_not_found"
    elif error.status == 400 and any(words in str(error).lower() for words in _CONTEXT_OVERFLOW):
        code = "context_length_exceeded"
    param = error.param if isinstance(error, InvalidRequest) else None
    return {"error": {"message": str(error), "type": kind, "param": param, "code": code}}


def error_reply(error: GatewayError, request_id: str) -> Response:
    """Return an error that the OpenAI SDKs raise as the class for its status."""
    headers = {"content-type": "application/json", "x-request-id": request_id}
    if error.retryable or error.status == 429:
        headers["retry-after"] = "1"
    elif error.status >= 500 or error.status == 408:
        # The SDKs ask again after any 5xx; these cannot get better, or were paid for already.
        headers["x-should-retry"] = "false"
    return Response(error.status, headers, (orjson.dumps(error_json(error)),))


def uncarried(kind: str) -> StreamBroken:
    """Make the error for content that would otherwise vanish."""
    return StreamBroken(f"The model answered with {kind}, which Chat Completions cannot carry here.")


def _reasoning_text(value: Json) -> str:
    return str(value.get("reasoningText", {}).get("text", ""))
