"""How a policy is shown: lines for people, an object for programs. Money is US dollars."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.cost import NANO_USD, dollars
from sluice.policy import Policy, policy_from_json, policy_to_json

_NANO, _USD = "nano_usd", "usd"
_LIMITS = (
    ("Requests per minute", "requests_per_minute"),
    ("Tokens per minute", "tokens_per_minute"),
    ("Concurrent streams", "concurrent_streams"),
    ("Max output tokens", "max_output_tokens"),
    ("Max request bytes", "max_request_bytes"),
)
_WHEN_SPENT = {"block": "requests are refused", "warn": "requests go on, and are warned of"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What is spent of a budget, or set aside for requests that are under way, in nano-dollars."""

    today: int
    this_month: int


def policy_facts(text: str, taken: Taken | None = None) -> Sequence[tuple[str, str]]:
    """Return what a policy restricts, each with its label; `text` is the policy as the access table holds it."""
    try:
        policy = policy_from_json(text)
    except ValueError as error:
        # As the gateway has it: to pass over a restriction would be to lift it.
        return [("May do", f"nothing: {error}")]
    return [(label, fact) for label, fact in _facts(policy, taken) if fact] or [("May do", "everything")]


def policy_object(text: str) -> Mapping[str, Any]:
    """Return what a policy restricts, as the access table holds it but for money."""
    try:
        value: dict[str, Any] = json.loads(policy_to_json(policy_from_json(text)) or "{}")
    except ValueError as error:
        return {"unreadable": str(error)}
    if "budget" in value:
        value["budget"] = {
            name.replace(_NANO, _USD): member / NANO_USD if name.startswith(_NANO) else member
            for name, member in value["budget"].items()
        }
    return value


def taken_object(taken: Taken) -> Mapping[str, float]:
    """Return what is taken of a budget as JSON has it."""
    return {"usd_today": taken.today / NANO_USD, "usd_this_month": taken.this_month / NANO_USD}


def outcome(*, has_changed: bool) -> str:
    """Say what became of a change."""
    return "It holds everywhere within 30 seconds." if has_changed else "Nothing had to change."


def _facts(policy: Policy, taken: Taken | None) -> Sequence[tuple[str, str]]:
    limits, budget, guardrail = policy.limits, policy.budget, policy.guardrail
    return (
        ("Models", ", ".join(policy.allowed_models)),
        ("Dialects", ", ".join(policy.allowed_dialects)),
        ("Operations", ", ".join(policy.allowed_operations)),
        ("Residency", str(policy.residency)),
        *((label, _count(getattr(limits, field))) for label, field in _LIMITS),
        ("Budget per day", _budget(budget.nano_usd_per_day, taken.today if taken else None)),
        ("Budget per month", _budget(budget.nano_usd_per_month, taken.this_month if taken else None)),
        ("When it is spent", _WHEN_SPENT[budget.at_limit] if budget.is_set else ""),
        ("Guardrail", f"{guardrail.identifier}, version {guardrail.version}" if guardrail else ""),
        ("Attribution", "Bedrock is told who calls" if policy.attribution else ""),
    )


def _count(limit: int | None) -> str:
    return "" if limit is None else f"{limit:,}"


def _budget(nano_usd: int | None, taken: int | None) -> str:
    if nano_usd is None:
        return ""
    return f"${dollars(nano_usd)}" + ("" if taken is None else f", of which ${dollars(taken)} is spent or set aside")
