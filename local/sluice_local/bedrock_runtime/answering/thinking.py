"""Whether a request turns reasoning on, each family in its own way, and what is thought then."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sluice_local.bedrock_runtime.answering.drafting import HiddenThought, Thought
from sluice_local.bedrock_runtime.answering.prose import Conversation, thoughts
from sluice_local.bedrock_runtime.answering.reasoning import sign
from sluice_local.bedrock_runtime.checks.abilities import Abilities

Request = Mapping[str, Any]
# Anthropic's own switch for tests: a prompt that holds it is answered with encrypted reasoning.
_REDACTED_REASONING = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)
_THOROUGH_BUDGET = 4_096
_THOROUGH_EFFORTS = ("high", "xhigh", "max")


def think(request: Request, conversation: Conversation, abilities: Abilities) -> Thought | HiddenThought | None:
    """Return what the model thinks before it answers, None where it does not reason."""
    if not (abilities.always_reasons or _is_asked_to_reason(request, abilities)):
        return None
    if abilities.is_claude and _REDACTED_REASONING in conversation.question:
        return HiddenThought(hashlib.sha512(conversation.question.encode()).digest())
    thinking = additional_object(request, "thinking")
    # Claude may keep its thoughts to itself; then their signature alone is sent.
    omitted = thinking.get("display") == "omitted"
    text = "" if omitted else thoughts(conversation, thorough=_is_thorough(request, thinking))
    return Thought(text, sign(text) if abilities.is_claude else None)


def additional_object(request: Request, name: str) -> Mapping[str, Any]:
    """Return an object among the fields that Converse passes on to the model, empty where there is none."""
    value = _additional(request).get(name)
    return value if isinstance(value, dict) else {}


def _additional(request: Request) -> Mapping[str, Any]:
    fields = request.get("additionalModelRequestFields")
    return fields if isinstance(fields, dict) else {}


def _is_asked_to_reason(request: Request, abilities: Abilities) -> bool:
    match abilities.reasoning:
        case "none":
            return False
        case "nova":
            return additional_object(request, "reasoningConfig").get("type") == "enabled"
        case "effort" | "reasoning_effort":
            return _effort(request) not in (None, "none")
        case "budget" | "adaptive" | "budget_or_adaptive":
            kind = additional_object(request, "thinking").get("type")
            return kind in ("enabled", "adaptive") or (kind is None and abilities.reasons_by_default)


def _is_thorough(request: Request, thinking: Mapping[str, Any]) -> bool:
    budget = thinking.get("budget_tokens", 0)
    return _effort(request) in _THOROUGH_EFFORTS or (isinstance(budget, int) and budget > _THOROUGH_BUDGET)


def _effort(request: Request) -> Any:
    """Return how hard the model is asked to think, wherever the request says so."""
    places = (
        request.get("outputConfig", {}).get("effort"),
        _additional(request).get("reasoning_effort"),
        additional_object(request, "reasoning").get("effort"),
        additional_object(request, "output_config").get("effort"),
    )
    return next((effort for effort in places if effort), None)
