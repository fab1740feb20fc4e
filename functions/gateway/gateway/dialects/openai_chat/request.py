"""Chat Completions requests → drafts of Converse requests.

A feature that cannot be carried is refused with the path of its field; a tuning knob that Bedrock has no place for, and
fields nobody knows, are ignored and counted (docs/dialects.md lists them).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.converse import fields
from gateway.converse.draft import Draft
from gateway.converse.extras import performance_config, request_metadata
from gateway.converse.files import FetchFile
from gateway.converse.reasoning import Reasoning
from gateway.converse.sampling import Sampling
from gateway.converse.structured import OutputFormat
from gateway.dialects import anthropic_fields, openai_fields
from gateway.dialects.openai_chat.messages import MessageReader
from gateway.dialects.openai_chat.tools import read_tool_choice, read_tools
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

# Fields that change what is answered and are not carried: each with the values that ask for nothing.
REFUSED: dict[str, tuple[object, ...]] = {
    "audio": (None,),
    "function_call": (None, "none"),
    "functions": (None, []),
    "logprobs": (None, False),
    "modalities": (None, [], ["text"]),
    "n": (None, 1),
    "web_search_options": (None,),
}
CARRIED = frozenset(
    {
        "additionalModelRequestFields",
        "cache_control",
        "guardrailConfig",
        "guardrail_config",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "parallel_tool_calls",
        "performanceConfig",
        "prompt_cache_retention",
        "reasoning",
        "reasoning_effort",
        "response_format",
        "service_tier",
        "stop",
        "stream",
        "stream_options",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_KNOWN = CARRIED.union(REFUSED)


class ChatRequest(NamedTuple):
    """What a client asked.

    ignored: the names of fields that have no effect here. left_out_tools: how many tools no model on Bedrock could be
    offered. custom_tools: the names of those whose input is plain text. keeps_reasoning: the client sends
    `thinking_blocks` back by itself.
    """

    model: str
    stream: bool
    include_usage: bool
    draft: Draft
    ignored: tuple[str, ...] = ()
    left_out_tools: int = 0
    custom_tools: frozenset[str] = frozenset()
    keeps_reasoning: bool = False


def read_request(body: bytes, headers: Mapping[str, str], fetch: FetchFile) -> ChatRequest:
    """Read the body of a Chat Completions request; `fetch` gets the files that it names by URL.

    Raises:
        InvalidRequest: it is malformed, or asks for what is not carried.
    """
    request = fields.read_object(body)
    openai_fields.refuse(request, REFUSED)
    stream = bool(fields.optional(request, "stream", bool))
    stream_options = fields.optional(request, "stream_options", dict) or {}
    offered = read_tools(request.get("tools"))
    choice, tools = read_tool_choice(request.get("tool_choice"), offered.tools)
    messages = MessageReader(fetch)
    messages.read(request.get("messages"))
    parallel = fields.optional(request, "parallel_tool_calls", bool)
    draft = Draft(
        conversation=messages.conversation,
        tools=tools,
        tool_choice=choice,
        parallel_tools=parallel is not False,
        output=_output(fields.optional(request, "response_format", dict)),
        reasoning=_reasoning(request),
        sampling=_sampling(request),
        caching=openai_fields.caching(request),
        guardrail=openai_fields.guardrail(request, headers, streams=stream),
        service_tier=fields.optional(request, "service_tier", str) or "",
        metadata=request_metadata(fields.optional(request, "metadata", dict) or {}, "metadata"),
        fields=_model_fields(request),
        performance=performance_config(fields.optional(request, "performanceConfig", dict), "performanceConfig"),
    )
    return ChatRequest(
        model=openai_fields.model_name(request),
        stream=stream,
        include_usage=bool(fields.optional(stream_options, "include_usage", bool, "stream_options")),
        draft=draft,
        ignored=openai_fields.ignored_names(request, _KNOWN),
        left_out_tools=offered.left_out,
        custom_tools=frozenset(offered.custom),
        keeps_reasoning=messages.has_thinking_blocks,
    )


def _model_fields(request: Json) -> Json:
    """Read what a client that knows its model says past OpenAI's fields."""
    name = "additionalModelRequestFields"
    model_fields = fields.optional(request, name, dict) or {}
    if "anthropic_beta" in model_fields:
        path = fields.below(name, "anthropic_beta")
        model_fields = {**model_fields, "anthropic_beta": fields.strings(model_fields["anthropic_beta"], path)}
    return model_fields


def _sampling(request: Json) -> Sampling:
    limit = fields.count(request, "max_completion_tokens")
    older_limit = fields.count(request, "max_tokens")
    return Sampling(
        max_tokens=older_limit if limit is None else limit,
        temperature=fields.number(request, "temperature"),
        top_p=fields.number(request, "top_p"),
        top_k=fields.count(request, "top_k"),
        stop_sequences=fields.strings(request.get("stop"), "stop"),
    )


def _output(response_format: Json | None) -> OutputFormat | None:
    match (response_format or {"type": "text"}).get("type"):
        case "text":
            return None
        case "json_object":
            return OutputFormat()
        case "json_schema":
            given = fields.required(response_format or {}, "json_schema", dict, "response_format")
            return openai_fields.json_schema(given, "response_format.json_schema")
        case kind:
            path = "response_format.type"
            raise InvalidRequest(f"`{path}` is {fields.shown(kind)}; it may be text, json_object or json_schema.", path)


def _reasoning(request: Json) -> Reasoning:
    """Read `reasoning_effort`, OpenRouter's `reasoning` and Anthropic's `thinking`, the most explicit one."""
    if thinking := fields.optional(request, "thinking", dict):
        return anthropic_fields.thinking(thinking, openai_fields.effort(request, "reasoning_effort"))
    if reasoning := fields.optional(request, "reasoning", dict):
        return openai_fields.reasoning_object(reasoning)
    return Reasoning(openai_fields.effort(request, "reasoning_effort"))
