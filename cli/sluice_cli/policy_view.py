"""How a policy is shown: lines for people, an object for programs. Money is US dollars, as text with all its digits."""

import json
from collections.abc import Sequence
from typing import Any

from sluice.cost import dollars
from sluice.policy import Policy, policy_to_json

_NANO, _USD = "nano_usd", "usd"
_LIMITS = (
    ("Requests per minute", "requests_per_minute"),
    ("Tokens per minute", "tokens_per_minute"),
    ("Concurrent streams", "concurrent_streams"),
    ("Max output tokens", "max_output_tokens"),
    ("Max request bytes", "max_request_bytes"),
)
_WHEN_SPENT = {"block": "requests are refused", "warn": "requests go on, and are warned of"}


def policy_facts(policy: Policy) -> Sequence[tuple[str, str]]:
    """Return what is restricted, each with its label."""
    limits, budget = policy.limits, policy.budget
    guardrail = policy.guardrail
    facts = (
        ("Models", ", ".join(policy.allowed_models)),
        ("Dialects", ", ".join(policy.allowed_dialects)),
        ("Operations", ", ".join(policy.allowed_operations)),
        ("Residency", str(policy.residency)),
        *((label, _count(getattr(limits, field))) for label, field in _LIMITS),
        ("Budget per day", _dollars(budget.nano_usd_per_day)),
        ("Budget per month", _dollars(budget.nano_usd_per_month)),
        ("When it is spent", _WHEN_SPENT[budget.at_limit] if budget.is_set else ""),
        ("Guardrail", f"{guardrail.identifier}, version {guardrail.version}" if guardrail else ""),
        ("Attribution", "Bedrock is told who calls" if policy.attribution else ""),
    )
    return [(label, text) for label, text in facts if text] or [("May do", "everything")]


def policy_object(policy: Policy) -> dict[str, Any]:
    """Return what is restricted, as the access table has it but for money."""
    value: dict[str, Any] = json.loads(policy_to_json(policy) or "{}")
    if "budget" in value:
        value["budget"] = {
            name.replace(_NANO, _USD): dollars(member) if name.startswith(_NANO) else member
            for name, member in value["budget"].items()
        }
    return value


def _count(limit: int | None) -> str:
    return "" if limit is None else f"{limit:,}"


def _dollars(nano_usd: int | None) -> str:
    return "" if nano_usd is None else f"${dollars(nano_usd)}"
