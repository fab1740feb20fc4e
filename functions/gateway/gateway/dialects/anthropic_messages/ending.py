"""How a reply ended and what it used, in Anthropic's words."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sluice.traits import UNKNOWN_MODEL

from gateway.bedrock.additional import additional_field
from gateway.bedrock.grammar import MessageStop, Usage
from gateway.converse.tools import ToolNames
from gateway.dialects.cost import not_told

type Json = dict[str, Any]

# Converse stop reason → Anthropic's, where it is another one. What Anthropic has no word for and is no failure is told
# as it came: the lists of both grow.
STOP_REASONS = {
    "content_filtered": "refusal",
    "guardrail_intervened": "refusal",
}
# Why Bedrock itself stopped a model, for the clients that show it.
_EXPLANATIONS = {
    "content_filtered": "Bedrock's content filter stopped the answer.",
    "guardrail_intervened": "A guardrail of Amazon Bedrock intervened.",
}

# Bedrock's service tier → Anthropic's word, where it has one.
_TIERS = {"default": "standard"}


class ReplyForm(NamedTuple):
    """What a reply needs to know of its request.

    names: gives tools their client's names back. answer_tool: the tool whose input is the answer, empty: none;
    `unwraps`: see `converse.answer`. stop_sequences: those the client set. cost: what `usage` says of it.
    """

    names: ToolNames = ToolNames(UNKNOWN_MODEL)
    answer_tool: str = ""
    unwraps: bool = True
    stop_sequences: Sequence[str] = ()
    cost: Callable[[Usage], Json] = not_told


def usage_json(usage: Usage | None, tier: str = "") -> Json:
    """Return Anthropic's `usage`: input tokens are the uncached ones. What is not known is 0 or left out."""
    usage = usage or Usage()
    counts: Json = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_writes_by_ttl:
        by_ttl = dict(usage.cache_writes_by_ttl)
        counts["cache_creation"] = {f"ephemeral_{ttl}_input_tokens": by_ttl.get(ttl, 0) for ttl in ("5m", "1h")}
    if usage.reasoning_tokens is not None:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    if tier:
        counts["service_tier"] = _TIERS.get(tier, tier)
    return counts


def ending(stop: MessageStop, form: ReplyForm) -> Json:
    """Return the `delta` of the last `message_delta`: why the model stopped."""
    told: Json = {
        "stop_reason": STOP_REASONS.get(stop.stop_reason, stop.stop_reason),
        "stop_sequence": _stop_sequence(stop, form),
    }
    if details := additional_field(stop.additional_fields, "stop_details"):
        told["stop_details"] = details
    elif explanation := _EXPLANATIONS.get(stop.stop_reason):
        told["stop_details"] = {"type": "refusal", "category": None, "explanation": explanation}
    return told


def beside_ending(stop: MessageStop) -> Json:
    """Return what the last `message_delta` says beside `delta` and `usage`.

    That is what became of the context, and a guardrail's trace under the name that InvokeModel gives it.
    """
    told = {
        "context_management": additional_field(stop.additional_fields, "context_management"),
        "amazon-bedrock-trace": stop.metadata.get("trace"),
    }
    return {name: value for name, value in told.items() if value}


def _stop_sequence(stop: MessageStop, form: ReplyForm) -> str | None:
    if stop.stop_reason != "stop_sequence":
        return None
    told = additional_field(stop.additional_fields, "stop_sequence")
    if isinstance(told, str):
        return told
    # Only Claude tells which one it was; where there was one only, it can be no other.
    return form.stop_sequences[0] if len(form.stop_sequences) == 1 else None
