"""LiteLLM's price members → rules, in US dollars for a million tokens."""

import re
from typing import Any

_MEMBER = re.compile(
    r"(?P<what>input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost)"
    r"(?P<hour>_above_1hr)?(?:_above_(?P<above>\d+)k_tokens)?(?:_(?P<tier>flex|priority|batches|ultrafast))?"
)
_NAMES = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
}
_ORDER = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_TIERS = {None: "default", "batches": "batch"}


def prices(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one rule for each service tier and threshold of the entry; default tier first, thresholds rising."""
    rules: dict[tuple[str, int], dict[str, Any]] = {}
    for member, dollars in entry.items():
        if (found := _MEMBER.fullmatch(member)) and dollars:
            tier = _TIERS.get(found["tier"], found["tier"])
            name = _NAMES[found["what"]] + ("_1h" if found["hour"] else "")
            rule = rules.setdefault((tier, int(found["above"] or 0) * 1000), {})
            rule[name] = _for_a_million(dollars)
    return [_rule(tier, above, rules) for tier, above in sorted(rules, key=lambda key: (key[0] != "default", key))]


def _rule(tier: str, above: int, rules: dict[tuple[str, int], dict[str, Any]]) -> dict[str, Any]:
    """Above a threshold, what is not priced again costs what it costs below."""
    found = {**rules.get((tier, 0), {}), **rules[tier, above]}
    rule = {name: found[name] for name in _ORDER if name in found}
    if tier != "default":
        rule["tier"] = tier
    if above:
        rule["above_input_tokens"] = above
    return rule


def _for_a_million(dollars: float) -> float:
    # The table's numbers carry binary noise: 1.1000000000000001e-06.
    return round(dollars * 1_000_000, 6)
