"""What AWS does not say of its models: limits, abilities, prices. The data is model_facts.json beside.

scripts/model_facts writes that file; NOTICE says where it comes from.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sluice.model_ids import profile_prefix, without_first_revision, without_prefix
from sluice.model_row import (
    ANY_REGION,
    Price,
    PromptCaching,
    Reasoning,
    price_from_json,
    prompt_caching_from_json,
    reasoning_from_json,
)

_FILE = Path(__file__).with_name("model_facts.json")


class ModelFacts(NamedTuple):
    """One foundation model's facts, in a row's words. None: the file does not say.

    `prices` are by place: a profile's prefix with its dot (`eu.`), a region with a slash (`us-gov-west-1/`), or empty
    for everywhere else.
    """

    context_window: int | None
    max_output_tokens: int | None
    tool_use: bool
    structured_output: bool
    reasoning: Reasoning | None
    prompt_caching: PromptCaching | None
    refuses: tuple[str, ...]
    supports: tuple[str, ...]
    aliases: tuple[str, ...]
    listed: bool
    prices: Mapping[str, Sequence[Price]]

    def prices_of(self, model_id: str, region: str) -> Sequence[Price]:
        """Return the prices of exactly this model's or profile's id when it is called in a region."""
        if model_id.startswith("arn:"):
            return ()
        prefix = profile_prefix(model_id)
        places = (f"{prefix}.",) if prefix else (f"{region}/", "")
        return next((self.prices[place] for place in places if place in self.prices), ())

    def assumed_prices(self, model_id: str, region: str, destinations: Sequence[str]) -> Sequence[Price]:
        """Return what an id that has no price of its own likely costs: the dearest of what comes into question.

        A profile that keeps to a geography costs more than the model in one region or anywhere, and an application
        profile does not tell its geography.
        """
        if ANY_REGION in destinations:
            places = ["global."]
        elif len(destinations) > 1 or profile_prefix(model_id):
            is_gov = region.startswith("us-gov-")
            crossing = [place for place in self.prices if place.endswith(".") and (place == "us-gov.") == is_gov]
            places = sorted(crossing, key=lambda place: _dearness(self.prices[place]), reverse=True)
        else:
            places = [f"{region}/"]
        return next((self.prices[place] for place in (*places, "") if place in self.prices), ())


def _dearness(rules: Sequence[Price]) -> float:
    return max((rule.input or 0) + (rule.output or 0) for rule in rules if rule.tier == "default")


def facts_of(model_id: str) -> ModelFacts | None:
    """Return the facts of a foundation model, named with or without a profile's prefix and with or without `:0`."""
    for name in (model_id, without_prefix(model_id)):
        for spelled in (name, without_first_revision(name), f"{name}:0"):
            if spelled in _entries():
                return _facts(spelled)
    return None


def served_by_mantle_only() -> frozenset[str]:
    """Return the ids that only the bedrock-mantle endpoint serves."""
    return frozenset(_file()["mantle_only"])


def trait_rules() -> Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Return the families' rules in order: how foundation models' ids begin, and members of `sluice.traits`."""
    return [(tuple(rule["begins"]), rule["traits"]) for rule in _file()["trait_rules"]]


@cache
def _file() -> Mapping[str, Any]:
    contents: Mapping[str, Any] = orjson.loads(_FILE.read_bytes())
    return contents


def _entries() -> Mapping[str, Any]:
    entries: Mapping[str, Any] = _file()["models"]
    return entries


@cache
def _facts(model_id: str) -> ModelFacts:
    entry = _entries()[model_id]
    reasoning, prompt_caching = entry.get("reasoning"), entry.get("prompt_caching")
    return ModelFacts(
        context_window=entry.get("context_window"),
        max_output_tokens=entry.get("max_output_tokens"),
        tool_use=entry.get("tool_use", False),
        structured_output=entry.get("structured_output", False),
        reasoning=None if reasoning is None else reasoning_from_json(reasoning),
        prompt_caching=None if prompt_caching is None else prompt_caching_from_json(prompt_caching),
        refuses=tuple(entry.get("refuses", ())),
        supports=tuple(entry.get("supports", ())),
        aliases=tuple(entry.get("aliases", ())),
        listed=entry.get("listed", True),
        prices={place: tuple(map(price_from_json, rules)) for place, rules in entry.get("prices", {}).items()},
    )
