"""What a model can do: what AWS does not say from the facts file, and what that does not say from defaults."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sluice.model_facts import ModelFacts, facts_of
from sluice.model_row import DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS, ModelRow, Price, Reasoning

# OpenClaw's rule for models that nobody knows.
_REASONING_WORDS = ("reasoning", "thinking")


class Described(NamedTuple):
    """A row with its abilities; `may_be_listed` is what the facts file says of lists."""

    row: ModelRow
    may_be_listed: bool


def described(
    row: ModelRow, default_context_window: int = DEFAULT_CONTEXT_WINDOW, default_max_tokens: int = DEFAULT_MAX_TOKENS
) -> Described:
    """Fill in what the facts say of the row's base model, and name what had to be assumed."""
    facts = facts_of(row.base_model_id) if row.base_model_id else None
    limits = (default_context_window, default_max_tokens)
    if facts is None:
        return Described(_with_defaults(row, limits), may_be_listed=True)
    return Described(_with_facts(row, facts, limits), may_be_listed=facts.listed)


def _with_facts(row: ModelRow, facts: ModelFacts, defaults: tuple[int, int]) -> ModelRow:
    prices, priced = _prices(facts, row)
    limits: Mapping[str, int | None] = {
        "context_window": facts.context_window,
        "max_output_tokens": facts.max_output_tokens,
    }
    assumed = [name for name, known in limits.items() if known is None] + ([] if priced else ["prices"])
    return row._replace(
        context_window=facts.context_window or defaults[0],
        max_output_tokens=facts.max_output_tokens or defaults[1],
        tool_use=facts.tool_use,
        structured_output=facts.structured_output,
        reasoning=facts.reasoning,
        prompt_caching=facts.prompt_caching,
        refuses=facts.refuses,
        supports=facts.supports,
        prices=tuple(prices),
        assumed=tuple(assumed),
    )


def _with_defaults(row: ModelRow, defaults: tuple[int, int]) -> ModelRow:
    words = f"{row.model_id} {row.name}".lower()
    return row._replace(
        context_window=defaults[0],
        max_output_tokens=defaults[1],
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
