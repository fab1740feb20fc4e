"""The `response` object: what it says of the request, its status, usage and errors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sluice.traits import UNKNOWN_MODEL

from gateway.bedrock.grammar import Usage
from gateway.converse.tools import ToolNames
from gateway.dialects.cost import not_told
from gateway.dialects.openai_chat.reply import error_json, finish_reason
from gateway.dialects.openai_responses.tools import ClientTool
from gateway.errors import GatewayError

type Json = dict[str, Any]

# Chat Completions' finish reason → status, and the reason where the response is incomplete.
_STATUSES: dict[str, tuple[str, str | None]] = {
    "stop": ("completed", None),
    "tool_calls": ("completed", None),
    "length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
}
# Codes that agents act upon; OpenAI's others are of its own services.
_CODES = frozenset({"rate_limit_exceeded", "context_length_exceeded"})


class ReplyForm(NamedTuple):
    """What a reply needs to know of its request.

    names, tools: give tools their client's names back. answer_tool: the tool whose input is the answer, empty: none;
    `unwraps`: see `converse.answer`. echo: the members that repeat the request. ids_carry_reasoning: signed reasoning
    travels in the ids of calls too, because the client has not shown that it keeps reasoning items. cost: what `usage`
    says of it.
    """

    names: ToolNames = ToolNames(UNKNOWN_MODEL)
    tools: Mapping[str, ClientTool] = {}
    answer_tool: str = ""
    unwraps: bool = True
    echo: Mapping[str, Any] = {}
    ids_carry_reasoning: bool = False
    cost: Callable[[Usage], Json] = not_told

    def client_tool(self, name: str) -> ClientTool:
        """Return the client's tool for the name that Bedrock was told."""
        joined = self.names.client(name)
        return self.tools.get(joined) or ClientTool(joined)


class ResponseHead(NamedTuple):
    """What a response says of itself from its beginning to its end; `created` is epoch seconds."""

    reply_id: str
    created: int
    model: str
    echo: Mapping[str, Any] = {}

    def response(self, status: str, output: Sequence[Json] = (), **members: Any) -> Json:
        """Return the `response` object."""
        return {
            "id": self.reply_id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self.model,
            **self.echo,
            "output": list(output),
            "usage": None,
            **members,
        }


def status_of(stop_reason: str) -> tuple[str, Json | None]:
    """Return the status of a whole reply, and its `incomplete_details`."""
    status, reason = _STATUSES[finish_reason(stop_reason)]
    return status, {"reason": reason} if reason else None


def usage_json(usage: Usage) -> Json:
    """Return OpenAI's `usage`: input tokens are all that went in, cached or not. Reasoning tokens not told are 0."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
    }


def failure_json(error: GatewayError) -> Json:
    """Return the `error` member of a response that failed."""
    told = error_json(error)["error"]
    code = told["code"] if told["code"] in _CODES else "server_error"
    return {"code": code, "message": told["message"]}
