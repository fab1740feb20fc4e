"""What a model can do: what AWS does not say from the facts file, and what that does not say from the options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sluice.model_facts import ModelFacts, facts_of
from sluice.model_row import ModelRow, Price, Reasoning

from catalog_refresh.options import DiscoveryOptions

# OpenClaw's rule for models that nobody knows.
_REASONING_WORDS = ("reasoning", "thinking")


@dataclass(frozen=True, slots=True)
class Described:
    """A row with its abilities; `may_be_listed` is what the facts file says of lists."""

    row: ModelRow
    may_be_listed: bool


def described(row: ModelRow, options: DiscoveryOptions) -> Described:
    """Fill in what the facts say of the row's base model, and name what had to be assumed."""
    facts = facts_of(row.base_model_id) if row.base_model_id else None
    if facts is None:
        return Described(_with_defaults(row, options), may_be_listed=True)
    prices, priced = _prices(facts, row)
    limits: Mapping[str, tuple[int | None, int]] = {
        "context_window": (facts.context_window, options.default_context_window),
        "max_output_tokens": (facts.max_output_tokens, options.default_max_tokens),
    }
    assumed = [name for name, (known, _) in limits.items() if known is None] + ([] if priced else ["prices"])
    return Described(
        replace(
            row,
            context_window=facts.context_window or options.default_context_window,
            max_output_tokens=facts.max_output_tokens or options.default_max_tokens,
            tool_use=facts.tool_use,
            structured_output=facts.structured_output,
            reasoning=facts.reasoning,
            prompt_caching=facts.prompt_caching,
            refuses=facts.refuses,
            supports=facts.supports,
            prices=tuple(prices),
            assumed=tuple(assumed),
        ),
        may_be_listed=facts.listed,
    )


def _with_defaults(row: ModelRow, options: DiscoveryOptions) -> ModelRow:
    words = f"{row.model_id} {row.name}".lower()
    return replace(
        row,
        context_window=options.default_context_window,
        max_output_tokens=options.default_max_tokens,
        reasoning=Reasoning() if any(word in words for word in _REASONING_WORDS) else None,
        assumed=(
            *("context_window", "max_output_tokens", "tool_use", "structured_output"),
            *("reasoning", "prompt_caching", "refuses", "prices"),
        ),
    )


def _prices(facts: ModelFacts, row: ModelRow) -> tuple[Sequence[Price], bool]:
    """Return the prices of what is invoked, and whether they are exactly its own."""
    if own := facts.prices_of(row.invoke_id or row.model_id, row.region):
        return own, True
    return facts.assumed_prices(row.invoke_id or row.model_id, row.region, row.destinations), False
