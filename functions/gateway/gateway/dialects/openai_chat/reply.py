"""Converse replies and errors → Chat Completions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sluice.traits import UNKNOWN_MODEL

from gateway.bedrock.additional import additional_field
from gateway.bedrock.failures import is_context_overflow, unmistakable
from gateway.bedrock.grammar import Usage, tier_of, usage_of
from gateway.converse import capsule
from gateway.converse.answer import answer_text
from gateway.converse.tools import ToolNames
from gateway.dialects.cost import not_told
from gateway.dialects.openai_chat.citations import Citations
from gateway.dialects.openai_custom_tools import text_input
from gateway.dialects.unusable import refuse_malformed, uncarried, used_tool
from gateway.errors import BudgetSpent, GatewayError, InvalidRequest, UnknownModel, UpstreamRefused
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


class ReplyForm(NamedTuple):
    """What a reply needs to know of its request.

    names: gives tools their client's names back. custom_tools: the client's names of those whose input is plain text.
    answer_tool: the tool whose input is the answer, empty: none; `unwraps`: see `converse.answer`. ids_carry_reasoning:
    signed reasoning travels in the ids of tool calls, because the client has not shown that it keeps `thinking_blocks`.
    cost: what `usage` says of it.
    """

    names: ToolNames = ToolNames(UNKNOWN_MODEL)
    custom_tools: frozenset[str] = frozenset()
    answer_tool: str = ""
    unwraps: bool = True
    ids_carry_reasoning: bool = True
    cost: Callable[[Usage], Json] = not_told


def completion(reply: Json, *, reply_id: str, created: int, model: str, form: ReplyForm | None = None) -> Json:
    """Return the `chat.completion` for a Converse response body.

    Raises:
        StreamBroken: the reply is broken, or has content that Chat Completions cannot carry.
    """
    refuse_malformed(str(reply.get("stopReason", "")))
    form = form or ReplyForm()
    message = _MessageWriter(form)
    for block in reply["output"]["message"]["content"]:
        message.add(block)
    stop_reason = message.stop_reason(reply.get("stopReason", ""))
    choice = {"index": 0, "message": message.finished(), "logprobs": None, **finish_json(stop_reason)}
    usage = usage_of(reply.get("usage", {}), reply.get("additionalModelResponseFields"), tier_of(reply))
    return {
        "id": reply_id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [choice],
        "usage": {**usage_json(usage), **form.cost(usage)},
        **extras_json(reply, reply.get("additionalModelResponseFields")),
    }


class _MessageWriter:
    """Puts the blocks of a whole reply into one message."""

    def __init__(self, form: ReplyForm) -> None:
        self._form = form
        self._message: Json = {"role": "assistant", "content": None, "refusal": None}
        self._reasoning: list[Json] = []
        self._thinking: list[Json] = []
        self._calls: list[Json] = []
        self._citations = Citations()
        self._answer = ""

    def add(self, block: Json) -> None:
        for kind, value in block.items():
            if kind == "text":
                self._text(value)
            elif kind == "citationsContent":
                self._cite(value)
            elif kind == "reasoningContent":
                self._reason(value)
            elif kind == "toolUse" and value["name"] == self._form.answer_tool:
                self._answer = self._answer or answer_text(value["input"], unwraps=self._form.unwraps)
            elif kind == "toolUse":
                self._call(value)
            else:
                raise uncarried(kind)

    def finished(self) -> Json:
        if self._answer:
            # Text beside the answer would spoil it.
            self._message["content"] = self._answer
        if self._thinking:
            self._message["thinking_blocks"] = self._thinking
        if self._calls:
            self._message["tool_calls"] = self._calls
        return self._message

    def stop_reason(self, stop_reason: str) -> str:
        """Return the model's own; where the answer came as a tool's use, the model stopped because it had answered."""
        is_answer = stop_reason == "tool_use" and bool(self._answer) and not self._calls
        return "end_turn" if is_answer else stop_reason

    def _text(self, text: str) -> None:
        self._message["content"] = (self._message["content"] or "") + text
        self._citations.add_text(text)

    def _cite(self, cited: Json) -> None:
        self._citations.next_block()
        self._text("".join(part.get("text", "") for part in cited.get("content") or ()))
        for citation in cited.get("citations") or ():
            for name, members in self._citations.told(citation).items():
                self._message[name] = [*self._message.get(name, ()), *members]

    def _reason(self, value: Json) -> None:
        text = value.get("reasoningText", {}).get("text", "")
        self._message["reasoning_content"] = self._message.get("reasoning_content", "") + str(text)
        self._reasoning.append({"reasoningContent": value})
        if block := thinking_block(value):
            self._thinking.append(block)

    def _call(self, use: Json) -> None:
        tool_use_id, name = used_tool(use)
        name = self._form.names.client(name)
        called = {"id": call_id(tool_use_id, self._reasoning, self._form)}
        if name in self._form.custom_tools:
            custom = {"name": name, "input": text_input(use["input"])}
            self._calls.append({**called, "type": "custom", "custom": custom})
        else:
            function = {"name": name, "arguments": orjson.dumps(use["input"]).decode()}
            self._calls.append({**called, "type": "function", "function": function})
        self._reasoning = []


def call_id(tool_use_id: str, reasoning: Sequence[Json], form: ReplyForm) -> str:
    """Return a tool call's id; it carries the reasoning blocks since the call before where the client needs that."""
    return capsule.pack(tool_use_id, reasoning) if form.ids_carry_reasoning else tool_use_id


def thinking_block(reasoning: Json) -> Json | None:
    """Return a `thinking_blocks` member for Bedrock's reasoningContent; None where nothing of it must come back."""
    if redacted := reasoning.get("redactedContent"):
        return {"type": "redacted_thinking", "data": redacted}
    text = reasoning.get("reasoningText", {})
    if signature := text.get("signature"):
        return {"type": "thinking", "thinking": text.get("text", ""), "signature": signature}
    return None


def finish_reason(stop_reason: str) -> str:
    """Return OpenAI's word for how a reply ended."""
    return FINISH_REASONS.get(stop_reason, "stop")


def finish_json(stop_reason: str) -> Json:
    """Return the members of a choice that say how it ended, in OpenAI's word and in Bedrock's.

    The second has OpenRouter's name, and tells a guardrail from a filter and a full context from a limit.
    """
    return {"finish_reason": finish_reason(stop_reason), "native_finish_reason": stop_reason}


def usage_json(usage: Usage) -> Json:
    """Return OpenAI's `usage`: prompt tokens are all that went in, cached or not. What is not known is left out."""
    prompt: Json = {"cached_tokens": usage.cache_read_tokens}
    if usage.cache_write_tokens:
        prompt["cache_creation_tokens"] = usage.cache_write_tokens
    counts: Json = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
        "prompt_tokens_details": prompt,
    }
    if usage.reasoning_tokens is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return counts


def extras_json(metadata: Mapping[str, Any], additional_fields: object) -> Json:
    """Return what else a reply tells: why it was refused, the service tier it was served at, a guardrail's trace."""
    extras: Json = {}
    if details := additional_field(additional_fields, "stop_details"):
        extras["stop_details"] = details
    if tier := tier_of(metadata):
        extras["service_tier"] = tier
    if trace := metadata.get("trace"):
        extras["trace"] = trace
    return extras


def error_json(error: GatewayError) -> Json:
    """Return OpenAI's error envelope."""
    kind, code = _ERROR_TYPES.get(error.status, ("api_error", None))
    if isinstance(error, UnknownModel) or error.aws_type == "ResourceNotFoundException":
        code = "model_not_found"
    elif is_context_overflow(error):
        code = "context_length_exceeded"
    elif isinstance(error, BudgetSpent):
        kind = code = "insufficient_quota"
    param = None
    if isinstance(error, InvalidRequest):
        param, code = error.param, error.code or code
    return {"error": {"message": unmistakable(error), "type": kind, "param": param, "code": code}}


def error_reply(error: GatewayError, request_id: str) -> Response:
    """Return an error that the OpenAI SDKs raise as the class for its status."""
    headers = {"content-type": "application/json", "x-request-id": request_id}
    if isinstance(error, BudgetSpent):
        headers["x-should-retry"] = "false"
    elif error.retryable or error.status in (429, 503):
        headers["retry-after"] = error.retry_after or "1"
    elif error.status == 408 or (error.status >= 500 and not isinstance(error, UpstreamRefused)):
        # The SDKs ask again after any 5xx; these cannot get better, or were paid for already.
        headers["x-should-retry"] = "false"
    return Response(error.status, headers, (orjson.dumps(error_json(error)),))
