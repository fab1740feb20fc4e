"""The emulator's own replies: it thinks where asked, calls the tools it is offered where asked, and talks otherwise."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.answering import phrases
from sluice_local.bedrock_runtime.answering.attachments import describe_attachments
from sluice_local.bedrock_runtime.answering.drafting import Draft, Part, Speech, ToolCall, draft
from sluice_local.bedrock_runtime.answering.guardrails import (
    BLOCKED_MESSAGE,
    Assessment,
    assess,
    check_exists,
    trace_of,
)
from sluice_local.bedrock_runtime.answering.prompt_cache import InputUsage, PromptCache
from sluice_local.bedrock_runtime.answering.prose import Conversation, answer, chosen
from sluice_local.bedrock_runtime.answering.results import about_results
from sluice_local.bedrock_runtime.answering.schema_values import document_for
from sluice_local.bedrock_runtime.answering.thinking import additional_object, think
from sluice_local.bedrock_runtime.answering.tool_choice import wanted_calls
from sluice_local.bedrock_runtime.checks.abilities import Abilities, abilities_of
from sluice_local.bedrock_runtime.errors import invalid
from sluice_local.bedrock_runtime.frames import encode_json
from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.scenario import Event

Request = Mapping[str, Any]
_DEFAULT_MAX_TOKENS = 4_096
# What is read of a message; patterns are searched in it, so its length bounds their time.
_LONGEST_READ = 2_000


class Answering:
    """Replies to requests that have passed every check, with one memory of the prompts seen lately.

    `cache_minimum_tokens` replaces the least prompt that each model caches.
    """

    def __init__(self, clock: Callable[[], float], cache_minimum_tokens: int | None = None) -> None:
        self._cache_minimum_tokens = cache_minimum_tokens
        self._clock = clock
        self._cache = PromptCache()

    def reply(self, request: Request, model: Model) -> tuple[Event, ...]:
        """Return the events of the reply to a Converse request; blobs in it are bytes."""
        abilities = abilities_of(model.base_id)
        minimum = abilities.cache_minimum
        if minimum is not None and self._cache_minimum_tokens is not None:
            minimum = self._cache_minimum_tokens
        prompt = self._cache.account(request, model.base_id, minimum, self._clock())
        assessment = _assessed(request)
        blocked = assessment is not None and assessment.blocked
        parts = [Speech(BLOCKED_MESSAGE)] if blocked else _parts(request, model, abilities)
        settings = request.get("inferenceConfig", {})
        written = draft(
            parts,
            max_tokens=settings.get("maxTokens", _DEFAULT_MAX_TOKENS),
            stop_sequences=settings.get("stopSequences", ()),
        )
        stop_reason = "guardrail_intervened" if blocked else written.stop_reason
        return (
            blocks.message_start(),
            *written.events,
            blocks.message_stop(stop_reason, _response_fields(request, written)),
            _metadata(request, prompt, written, assessment),
        )


def _parts(request: Request, model: Model, abilities: Abilities) -> list[Part]:
    turn = _last_turn(request)
    conversation = _conversation(request, model)
    results = [block["toolResult"] for block in turn if "toolResult" in block]
    thought = think(request, conversation, abilities)
    parts: list[Part] = [thought] if thought else []
    calls = wanted_calls(request, conversation.question, answered=bool(results))
    if calls:
        introduction = chosen(phrases.TOOL_INTRODUCTIONS, conversation.question).format(tool=calls[0][0])
        ids = _tool_use_ids(request, len(calls))
        return [
            *parts,
            Speech(introduction),
            *(ToolCall(tool_use_id, *call) for tool_use_id, call in zip(ids, calls, strict=True)),
        ]
    return [*parts, Speech(_said(request, turn, conversation, results))]


def _said(
    request: Request,
    turn: Sequence[Mapping[str, Any]],
    conversation: Conversation,
    results: Sequence[Mapping[str, Any]],
) -> str:
    schema = _wanted_schema(request)
    if schema is not None:
        return encode_json(document_for(schema, conversation.question)).decode()
    if results:
        return about_results(request["messages"], results)
    attached = describe_attachments(turn)
    noticed = f"I see {' and '.join(attached)}. " if attached else ""
    return noticed + answer(conversation)


def _wanted_schema(request: Request) -> Mapping[str, Any] | None:
    """Return the schema of the answer, which Claude also takes in its own words."""
    text_format = request.get("outputConfig", {}).get("textFormat", {})
    schema = text_format.get("structure", {}).get("jsonSchema", {}).get("schema")
    if schema is not None:
        return _parsed(schema)
    claudes = additional_object(request, "output_config").get("format")
    return claudes.get("schema") if isinstance(claudes, dict) else None


def _parsed(schema: str) -> Mapping[str, Any]:
    try:
        parsed = json.loads(schema)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("The value at outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON schema.")
    return parsed


def _conversation(request: Request, model: Model) -> Conversation:
    said = ["\n".join(_texts(message["content"])) for message in request["messages"] if message["role"] == "user"]
    read = [text[:_LONGEST_READ] for text in said if text]
    return Conversation(read[-1] if read else "", tuple(read[:-1]), model.name, model.asked)


def _texts(content: Sequence[Mapping[str, Any]]) -> list[str]:
    plain = [block["text"] for block in content if "text" in block]
    return plain + [
        block["guardContent"]["text"]["text"] for block in content if "text" in block.get("guardContent", {})
    ]


def _last_turn(request: Request) -> list[Mapping[str, Any]]:
    """Return the blocks of the user messages at the end, which count as one turn."""
    turn: list[Mapping[str, Any]] = []
    for message in reversed(request["messages"]):
        if message["role"] == "assistant":
            break
        turn = [*message["content"], *turn]
    return turn


def _tool_use_ids(request: Request, count: int) -> list[str]:
    """Return ids that follow from the conversation, so that the same one gets the same ids."""
    seed = json.dumps(request["messages"], sort_keys=True, default=bytes.hex)
    digests = [hashlib.sha256(f"{at}:{seed}".encode()).digest() for at in range(count)]
    return ["tooluse_" + base64.urlsafe_b64encode(digest)[:22].decode() for digest in digests]


def _assessed(request: Request) -> Assessment | None:
    """Return what the request's guardrail finds in its last turn, None where it asks for no guardrail."""
    configuration = request.get("guardrailConfig")
    if configuration is None:
        return None
    check_exists(configuration.get("guardrailIdentifier"))
    return assess("\n".join(_texts(_last_turn(request))))


def _response_fields(request: Request, written: Draft) -> dict[str, Any] | None:
    """Return what the request points to, as far as the model's own replies, whole and streamed, have it there."""
    asked = request.get("additionalModelResponseFieldPaths", ())
    told: dict[str, Any] = {}
    if "/stop_sequence" in asked:
        told["stop_sequence"] = written.stop_sequence
    if "/delta/stop_sequence" in asked:
        told["delta"] = {"stop_sequence": written.stop_sequence}
    if "/usage/output_tokens_details" in asked:
        told["usage"] = {"output_tokens_details": {"thinking_tokens": written.thinking_tokens}}
    return told or None


def _metadata(request: Request, prompt: InputUsage, written: Draft, assessment: Assessment | None) -> Event:
    counted = blocks.usage(prompt.uncached, written.output_tokens, prompt.read, prompt.written)
    if prompt.written_for:
        counted["cacheDetails"] = [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in prompt.written_for.items()]
    members: dict[str, Any] = {key: request[key] for key in ("performanceConfig", "serviceTier") if key in request}
    guardrail = request.get("guardrailConfig", {})
    if assessment is not None and guardrail.get("trace", "disabled") != "disabled":
        members["trace"] = trace_of(guardrail.get("guardrailIdentifier", ""), assessment)
    # A plausible time: what the prompt takes, then some milliseconds a token.
    latency = 120 + prompt.uncached // 50 + 8 * written.output_tokens
    return blocks.metadata(counted, latency, **members)
