"""The emulator's one guardrail, whatever id it is called by: it blocks a word and a topic, and says why.

The word is `forbidden`; the topic is advice on investments.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice_local.bedrock_runtime.errors import invalid

BLOCKED_MESSAGE = "Sorry, the model cannot answer this question."
_WORD = re.compile(r"\bforbidden\b", re.IGNORECASE)
_TOPIC = re.compile(
    r"\b(?:invest(?:ments?|ing)?|stocks?|shares) (?:advice|tips?|should)|\bshould i (?:invest|buy)\b", re.IGNORECASE
)
_UNKNOWN = "missing"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the guardrail found; `policies` is a GuardrailAssessment of the service model."""

    blocked: bool
    policies: Mapping[str, Any]


def assess(text: str) -> Assessment:
    """Return what the guardrail finds in a text."""
    policies: dict[str, Any] = {}
    if word := _WORD.search(text):
        found = {"match": word[0], "action": "BLOCKED", "detected": True}
        policies["wordPolicy"] = {"customWords": [found], "managedWordLists": []}
    if _TOPIC.search(text):
        topic = {"name": "Investment advice", "type": "DENY", "action": "BLOCKED", "detected": True}
        policies["topicPolicy"] = {"topics": [topic]}
    return Assessment(bool(policies), policies)


def check_exists(identifier: str | None) -> None:
    """Refuse the one guardrail id that does not exist, `missing`."""
    if identifier == _UNKNOWN:
        raise invalid("The guardrail identifier or version provided in the request does not exist.")


def trace_of(identifier: str, assessment: Assessment) -> dict[str, Any]:
    """Return the `trace` of a Converse answer."""
    return {"guardrail": {"inputAssessment": {identifier.rpartition("/")[2]: dict(assessment.policies)}}}


def apply_guardrail(content: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the answer of ApplyGuardrail for the content blocks of a request."""
    text = "\n".join(block["text"]["text"] for block in content if "text" in block)
    assessment = assess(text)
    return {
        "usage": {
            "topicPolicyUnits": 1,
            "contentPolicyUnits": 1,
            "wordPolicyUnits": 1,
            "sensitiveInformationPolicyUnits": 0,
            "sensitiveInformationPolicyFreeUnits": 0,
            "contextualGroundingPolicyUnits": 0,
        },
        "action": "GUARDRAIL_INTERVENED" if assessment.blocked else "NONE",
        "outputs": [{"text": BLOCKED_MESSAGE}] if assessment.blocked else [],
        "assessments": [dict(assessment.policies)] if assessment.blocked else [],
    }
