"""Which model has which traits: its family's, and on top of them what its row in the catalog says, or the facts file.

The families are rules of model_facts.json, from scripts/model_facts/traits.toml.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sluice.model_facts import ModelFacts, facts_of, trait_rules
from sluice.model_ids import without_prefix
from sluice.traits import UNKNOWN_MODEL, ModelTraits, ReasoningSwitch

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):\d*:(foundation-model|inference-profile)/(?P<id>.+)")

# How a row's `reasoning.asked_by` is sent.
_SWITCHES: Mapping[str, ReasoningSwitch] = {
    "thinking.budget_tokens": "budget",
    "thinking.adaptive": "adaptive",
    "reasoningConfig.maxReasoningEffort": "nova",
    "reasoning.effort": "effort",
    "reasoning_effort": "raw",
}
# A word of a row's `refuses` → the trait that it takes away.
_REFUSED = {
    "assistant_prefill": "prefill",
    "cache_points_in_tools": "cache_tools",
    "regex_lookaround": "regex_lookaround",
    "stop_sequences": "stop_sequences",
    "strict_tools": "strict_tools",
    "system": "system",
    "tool_result_images": "tool_result_images",
}


@lru_cache(maxsize=512)
def traits_of(model_id: str) -> ModelTraits:
    """Return the traits of a model by its foundation id, inference profile id, or the ARN of either.

    What hides its model behind an opaque ARN (an application profile, a custom model) is to be resolved by the caller;
    as it stands, it is `UNKNOWN_MODEL`.
    """
    arn = _ARN.fullmatch(model_id)
    name = arn["id"] if arn else model_id
    base_id = without_prefix(name)
    facts = facts_of(base_id)
    family = _family(base_id)
    traits = _with_abilities(family, facts, ()) if facts else family
    is_govcloud = name.startswith("us-gov.") or (arn is not None and arn["region"].startswith("us-gov-"))
    return traits._replace(reasoning_display=False) if is_govcloud else traits


def traits_of_row(row: "ModelRow") -> ModelTraits:
    """Return the traits of what a row of the catalog invokes: the operator's definitions count, and what AWS lists."""
    traits = _with_abilities(_family(row.base_model_id), row, row.assumed)
    is_govcloud = row.region.startswith("us-gov-")
    return traits._replace(reasoning_display=False) if is_govcloud else traits


@lru_cache(maxsize=512)
def _family(base_id: str) -> ModelTraits:
    """Apply the rules that are for a foundation model, the later on top of the earlier."""
    traits = UNKNOWN_MODEL
    for begins, members in _rules():
        if base_id.startswith(begins):
            traits = traits._replace(**_added(members, traits))
    return traits


@lru_cache(maxsize=1)
def _rules() -> Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Return the rules with their members in the types of `ModelTraits`."""
    return [(begins, _typed(members)) for begins, members in trait_rules()]


def _typed(members: Mapping[str, Any]) -> Mapping[str, Any]:
    # JSON has one kind of list, and TOML no null.
    found: dict[str, Any] = {}
    for name, value in members.items():
        if name in ("effort_betas", "cache_minimum") and isinstance(value, str):
            found[name] = None
        elif isinstance(value, list):
            is_set = name in ("betas", "more_betas", "cache_ttls", "service_tiers", "tool_choices")
            found[name] = frozenset(value) if is_set else tuple(value)
        else:
            found[name] = value
    return found


def _added(members: Mapping[str, Any], traits: ModelTraits) -> Mapping[str, Any]:
    if "more_betas" not in members:
        return members
    others = {name: value for name, value in members.items() if name != "more_betas"}
    return {**others, "betas": traits.betas | members["more_betas"]}


def _with_abilities(family: ModelTraits, about: "ModelFacts | ModelRow", assumed: Sequence[str]) -> ModelTraits:
    """Put what is known of one model on top of its family; what is only assumed stays the family's."""
    changes: dict[str, Any] = {}
    if "reasoning" not in assumed:
        changes |= _reasoning(family, about)
    if "refuses" not in assumed:
        changes |= _refusals(family, about.refuses)
    if "tool_use" not in assumed:
        changes["tools"] = about.tool_use
    if "structured_output" not in assumed and not about.structured_output:
        changes["structured_output"] = "never"
    if "prompt_caching" not in assumed:
        changes |= _caching(about)
    return family._replace(**changes)


def _reasoning(family: ModelTraits, about: "ModelFacts | ModelRow") -> Mapping[str, Any]:
    reasoning = about.reasoning
    if reasoning is None:
        return {"reasoning": "none", "always_reasons": False}
    if reasoning.asked_by:
        # A newer refresh function may know a way that this gateway does not.
        switch = _SWITCHES.get(reasoning.asked_by, "any")
    elif reasoning.always_on:
        switch = "none"
    else:
        # Somebody says that it reasons and nobody how: the client may know.
        switch = family.reasoning if family.reasoning != "none" else "any"
    return {
        "reasoning": "budget_or_adaptive" if switch == "adaptive" and reasoning.takes_budget else switch,
        "efforts": reasoning.efforts or family.efforts,
        "always_reasons": reasoning.always_on,
    }


def _refusals(family: ModelTraits, refuses: Sequence[str]) -> Mapping[str, Any]:
    changes: dict[str, Any] = {trait: False for word, trait in _REFUSED.items() if word in refuses}
    if "temperature" in refuses:
        changes["sampling"] = "fixed"
    elif "temperature_with_top_p" in refuses:
        changes["sampling"] = "one_of"
    if "top_k" in refuses:
        changes["top_k"] = ()
    if "forced_tool_use" in refuses:
        changes["tool_choices"] = family.tool_choices & {"auto"}
    return changes


def _caching(about: "ModelFacts | ModelRow") -> Mapping[str, Any]:
    caching = about.prompt_caching
    if caching is None:
        return {"cache_points": False, "cache_minimum": None}
    return {
        "cache_points": True,
        "cache_ttls": frozenset(caching.ttls),
        "cache_minimum": caching.min_tokens or None,
    }
