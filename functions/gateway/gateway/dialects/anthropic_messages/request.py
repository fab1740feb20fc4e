"""Messages requests → drafts of Converse requests.

A feature that cannot be carried is refused with the path of its field; a tuning knob that Bedrock has no place for, and
fields nobody knows, are ignored and counted (docs/dialects.md lists them).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sluice.traits import EFFORTS, ModelTraits

from gateway.converse import fields
from gateway.converse.caching import Caching
from gateway.converse.draft import Draft
from gateway.converse.extras import guardrail_of, request_metadata
from gateway.converse.files import FetchFile
from gateway.converse.reasoning import Reasoning
from gateway.converse.sampling import Sampling
from gateway.converse.structured import OutputFormat
from gateway.dialects.anthropic_fields import cache_marks, thinking
from gateway.dialects.anthropic_messages.betas import LONG_CONTEXT, ClaudeExtras, claude_extras
from gateway.dialects.anthropic_messages.messages import MessageReader
from gateway.dialects.anthropic_messages.tools import read_tool_choice, read_tools
from gateway.dialects.openai_fields import ignored_names, model_name, refuse
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

# Fields that change what is answered, or where, and are not carried: each with the values that ask for nothing.
REFUSED: dict[str, tuple[object, ...]] = {
    "billing_policy": (None, {"type": "billing_policy", "bill_to": "self"}),
    "compaction": (None,),
    "container": (None,),
    "inference_geo": (None, "global"),
    "mcp_servers": (None, []),
    "thread": (None,),
}
# Anthropic's code for it; its SDKs then send the whole conversation by themselves.
_NO_THREADS = "thread_unsupported_request"
CARRIED = frozenset(
    {
        "anthropic_beta",
        "anthropic_version",
        "cache_control",
        "context_management",
        "max_tokens",
        "messages",
        "metadata",
        "model",
        "output_config",
        "output_format",
        "service_tier",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)
_KNOWN = CARRIED.union(REFUSED)
# Where Claude's own replies have it, whole and streamed. Bedrock leaves out what is not there.
_STOP_SEQUENCE = ("/stop_sequence", "/delta/stop_sequence")
# Claude Code writes it behind a model's name and sends the beta in its place.
_LONG_CONTEXT_SUFFIX = "[1m]"


class MessagesRequest(NamedTuple):
    """What a client asked; `betas`, `context_management` and `anthropic_tools` are for some models only.

    ignored: the names of fields that have no effect here. left_out_tools: how many tools no model on Bedrock could be
    offered. stop_sequences: the client's own, for the reply.
    """

    model: str
    stream: bool
    draft: Draft
    betas: tuple[str, ...] = ()
    context_management: Json | None = None
    anthropic_tools: tuple[Json, ...] = ()
    ignored: tuple[str, ...] = ()
    left_out_tools: int = 0
    stop_sequences: tuple[str, ...] = ()

    def for_model(self, traits: ModelTraits) -> tuple[Draft, ClaudeExtras]:
        """Return the draft with what this model takes of the extras, and these."""
        extras = claude_extras(self.betas, self.context_management, self.anthropic_tools, traits)
        asked_back = _STOP_SEQUENCE if self.stop_sequences and traits.stop_sequences else ()
        if self.draft.tool_choice.kind == "tool" and self.draft.tool_choice.name in extras.unknown_tools:
            path, name = "tool_choice.name", self.draft.tool_choice.name
            raise InvalidRequest(f"`{path}` is {fields.shown(name)}, a tool that this model does not know.", path)
        draft = self.draft._replace(
            fields=extras.fields,
            reasoning_fields=extras.reasoning_fields,
            model_tools=extras.tools,
            response_fields=(*asked_back, *extras.response_fields),
        )
        return draft, extras


def read_request(body: bytes, headers: Mapping[str, str], fetch: FetchFile) -> MessagesRequest:
    """Read the body of a Messages request, or of one whose tokens are to be counted; `fetch` gets its files by URL.

    Raises:
        InvalidRequest: it is malformed, or asks for what is not carried.
    """
    request = fields.read_object(body)
    _refuse(request)
    stream = bool(fields.optional(request, "stream", bool))
    messages = MessageReader(fetch)
    messages.read_system(request.get("system"))
    messages.read(request.get("messages"))
    tools = read_tools(request.get("tools"), messages.tool_changes)
    choice, parallel = read_tool_choice(fields.optional(request, "tool_choice", dict), tools)
    # At the top level, a mark stands for one behind the last block.
    messages.conversation.add_to_last(cache_marks(request, ""))
    sampling = _sampling(request)
    draft = Draft(
        conversation=messages.conversation,
        tools=tools.tools,
        tool_choice=choice,
        parallel_tools=parallel,
        output=_output(request),
        reasoning=_reasoning(request, messages.effort),
        sampling=sampling,
        caching=Caching(automatic=False),
        guardrail=guardrail_of(headers, None, "", streams=stream),
        service_tier=fields.optional(request, "service_tier", str) or "",
        metadata=_metadata(request),
    )
    model, betas = _model(request, headers)
    return MessagesRequest(
        model=model,
        stream=stream,
        draft=draft,
        betas=betas,
        context_management=fields.optional(request, "context_management", dict),
        anthropic_tools=tuple(tools.anthropic_tools),
        ignored=ignored_names(request, _KNOWN),
        left_out_tools=tools.left_out,
        stop_sequences=tuple(sampling.stop_sequences),
    )


def _refuse(request: Json) -> None:
    if request.get("thread") is not None:
        raise InvalidRequest(
            "Sluice stores nothing between requests, so it cannot carry `thread`. Send the whole conversation in "
            "`messages`.",
            "thread",
            _NO_THREADS,
        )
    refuse(request, REFUSED)


def _model(request: Json, headers: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return the model's name and the betas that are asked for, by header, body or the name itself."""
    name = model_name(request)
    betas = [beta.strip() for beta in headers.get("anthropic-beta", "").split(",")]
    betas += fields.strings(request.get("anthropic_beta"), "anthropic_beta")
    if name.endswith(_LONG_CONTEXT_SUFFIX):
        name = name.removesuffix(_LONG_CONTEXT_SUFFIX)
        betas.append(LONG_CONTEXT)
    return name, tuple(dict.fromkeys(beta for beta in betas if beta))


def _sampling(request: Json) -> Sampling:
    return Sampling(
        max_tokens=fields.count(request, "max_tokens"),
        temperature=fields.number(request, "temperature"),
        top_p=fields.number(request, "top_p"),
        top_k=fields.count(request, "top_k"),
        stop_sequences=fields.strings(request.get("stop_sequences"), "stop_sequences"),
    )


def _reasoning(request: Json, of_turn: str) -> Reasoning:
    """Read how to reason; `of_turn` is the effort that a message asks for."""
    config = fields.optional(request, "output_config", dict) or {}
    effort = of_turn or fields.optional(config, "effort", str, "output_config") or ""
    if effort and effort not in EFFORTS:
        path = "output_config.effort"
        raise InvalidRequest(f"`{path}` is {fields.shown(effort)}; it may be {', '.join(EFFORTS)}.", path)
    if (given := fields.optional(request, "thinking", dict)) is not None:
        return thinking(given, effort)
    return Reasoning(effort, mode="as_is") if effort else Reasoning()


def _output(request: Json) -> OutputFormat | None:
    """Read `output_config.format`, or `output_format` as it was called in its beta."""
    config = fields.optional(request, "output_config", dict) or {}
    given, path = fields.optional(config, "format", dict, "output_config"), "output_config.format"
    if given is None:
        given, path = fields.optional(request, "output_format", dict), "output_format"
    if given is None:
        return None
    if given.get("type") != "json_schema":
        where = fields.below(path, "type")
        raise InvalidRequest(f"`{where}` is {fields.shown(given.get('type'))}; it may be json_schema.", where)
    return OutputFormat(schema=fields.required(given, "schema", dict, path), path=fields.below(path, "schema"))


def _metadata(request: Json) -> Json | None:
    metadata = fields.optional(request, "metadata", dict) or {}
    user_id = fields.optional(metadata, "user_id", str, "metadata")
    return request_metadata({"user_id": user_id}, "metadata") if user_id else None
