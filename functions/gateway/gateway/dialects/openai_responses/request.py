"""Responses requests → drafts of Converse requests.

What needs stored state is refused, since there is none; a tuning knob that Bedrock has no place for, and fields nobody
knows, are ignored and counted (docs/dialects.md lists them).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.converse import fields
from gateway.converse.caching import Caching
from gateway.converse.content import text_block
from gateway.converse.draft import Draft
from gateway.converse.extras import request_metadata
from gateway.converse.files import FetchFile
from gateway.converse.reasoning import Reasoning
from gateway.converse.sampling import Sampling
from gateway.converse.structured import OutputFormat
from gateway.dialects import anthropic_fields, openai_fields
from gateway.dialects.openai_responses.items import TTL_BY_LIFETIME, ItemReader
from gateway.dialects.openai_responses.tools import ClientTool, ToolSet, read_tool_choice
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

# Fields that refer to what only a server with a store has.
STATEFUL = ("background", "conversation", "previous_response_id", "prompt")
# Fields that change what is answered and are not carried: each with the values that ask for nothing.
REFUSED: dict[str, tuple[object, ...]] = {
    "background": (None, False),
    "conversation": (None,),
    "previous_response_id": (None,),
    "prompt": (None,),
    "top_logprobs": (None, 0),
}
CARRIED = frozenset(
    {
        "cache_control",
        "guardrailConfig",
        "guardrail_config",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "metadata",
        "model",
        "parallel_tool_calls",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "service_tier",
        "stop",
        "store",
        "stream",
        "temperature",
        "text",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_KNOWN = CARRIED.union(REFUSED)
# OpenAI's own codes, on which some clients send all of a conversation.
_CODES = {"previous_response_id": "previous_response_not_found"}
_LOGPROBS = "message.output_text.logprobs"
_ENCRYPTED = "reasoning.encrypted_content"


class ResponsesRequest(NamedTuple):
    """What a client asked.

    tools: its tools by the draft's names. echo: what the reply repeats of the request. ignored: the names of fields
    that have no effect here. left_out_tools: how many tools no model on Bedrock could be offered. keeps_reasoning: the
    client sends reasoning items back with their `encrypted_content`.
    """

    model: str
    stream: bool
    draft: Draft
    tools: Mapping[str, ClientTool] = {}
    echo: Mapping[str, Any] = {}
    ignored: tuple[str, ...] = ()
    left_out_tools: int = 0
    keeps_reasoning: bool = False


def read_request(body: bytes, headers: Mapping[str, str], fetch: FetchFile) -> ResponsesRequest:
    """Read the body of a Responses request; `fetch` gets the files that it names by URL.

    Raises:
        InvalidRequest: it is malformed, or asks for what is not carried.
    """
    request = fields.read_object(body)
    _refuse(request)
    stream = bool(fields.optional(request, "stream", bool))
    tools = ToolSet()
    tools.read(request.get("tools"), "tools")
    options = fields.optional(request, "prompt_cache_options", dict) or {}
    lifetime = fields.optional(options, "ttl", str, "prompt_cache_options") or ""
    reader = ItemReader(fetch, tools, lifetime=lifetime)
    if instructions := fields.optional(request, "instructions", str):
        reader.conversation.add_system([text_block(instructions)], "instructions")
    reader.read(request.get("input"))
    choice, offered = read_tool_choice(request.get("tool_choice"), tools)
    draft = Draft(
        conversation=reader.conversation,
        tools=offered,
        tool_choice=choice,
        parallel_tools=fields.optional(request, "parallel_tool_calls", bool) is not False,
        output=_output(request),
        reasoning=_reasoning(request),
        sampling=_sampling(request),
        caching=_caching(request, options, lifetime),
        guardrail=openai_fields.guardrail(request, headers, streams=stream),
        service_tier=fields.optional(request, "service_tier", str) or "",
        metadata=request_metadata(fields.optional(request, "metadata", dict) or {}, "metadata"),
    )
    return ResponsesRequest(
        model=openai_fields.model_name(request),
        stream=stream,
        draft=draft,
        tools=tools.told,
        echo=_echo(request, tools),
        ignored=openai_fields.ignored_names(request, _KNOWN),
        left_out_tools=len(tools.left_out),
        keeps_reasoning=reader.has_sealed_reasoning or _ENCRYPTED in fields.strings(request.get("include"), "include"),
    )


def _refuse(request: Json) -> None:
    for name in STATEFUL:
        if request.get(name) not in REFUSED[name]:
            raise InvalidRequest(
                f"Sluice stores nothing between requests, so it cannot carry `{name}`. Send the whole conversation in "
                "`input`; reasoning comes back in `encrypted_content`.",
                name,
                _CODES.get(name),
            )
    openai_fields.refuse(request, REFUSED)
    fields.optional(request, "store", bool)
    if _LOGPROBS in fields.strings(request.get("include"), "include"):
        raise InvalidRequest(f"Bedrock tells no log probabilities, so Sluice cannot include {_LOGPROBS}.", "include")


def _sampling(request: Json) -> Sampling:
    return Sampling(
        max_tokens=fields.count(request, "max_output_tokens"),
        temperature=fields.number(request, "temperature"),
        top_p=fields.number(request, "top_p"),
        top_k=fields.count(request, "top_k"),
        stop_sequences=fields.strings(request.get("stop"), "stop"),
    )


def _output(request: Json) -> OutputFormat | None:
    text = fields.optional(request, "text", dict) or {}
    form = fields.optional(text, "format", dict, "text") or {"type": "text"}
    match form.get("type"):
        case "text":
            return None
        case "json_object":
            return OutputFormat()
        case "json_schema":
            return openai_fields.json_schema(form, "text.format")
        case kind:
            path = "text.format.type"
            raise InvalidRequest(f"`{path}` is {fields.shown(kind)}; it may be text, json_object or json_schema.", path)


def _reasoning(request: Json) -> Reasoning:
    given = openai_fields.reasoning_object(fields.optional(request, "reasoning", dict) or {})
    thinking = fields.optional(request, "thinking", dict)
    return anthropic_fields.thinking(thinking, given.effort) if thinking else given


def _caching(request: Json, options: Json, lifetime: str) -> Caching:
    caching = openai_fields.caching(request)
    if options.get("mode") == "explicit":
        caching = caching._replace(automatic=False)
    return caching._replace(ttl=caching.ttl or TTL_BY_LIFETIME.get(lifetime, ""))


def _echo(request: Json, tools: ToolSet) -> Json:
    """Return the members of a response that repeat the request; `store` is what Sluice did, not what was asked."""
    reasoning, text = request.get("reasoning") or {}, request.get("text") or {}
    parallel = request.get("parallel_tool_calls")
    return {
        "background": False,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "metadata": request.get("metadata") or {},
        "parallel_tool_calls": parallel is not False,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "store": False,
        "temperature": request.get("temperature"),
        "text": {"format": {"type": "text"}, **text},
        "tool_choice": request.get("tool_choice") or "auto",
        "tools": tools.echo,
        "top_p": request.get("top_p"),
        "truncation": "disabled",
    }
