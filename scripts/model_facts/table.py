"""LiteLLM's table → the facts file: Bedrock's models only, and only what a catalog row holds."""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from typing import Any

from sluice.model_ids import profile_prefix, short_names, without_prefix

from scripts.model_facts.prices import prices

type Json = dict[str, Any]

_RUNTIME = ("bedrock", "bedrock_converse")
_MANTLE = "bedrock_mantle/"
_CHAT = ("chat", "completion", "responses")
# What a multimodal model is asked to embed may be paid by image or second: a price by token would be too low.
_PAID_OTHERWISE = ("input_cost_per_image", "input_cost_per_audio_per_second", "input_cost_per_query")
# `bedrock/us-east-1/…`. Other folders are LiteLLM's own, or commitments that are paid by the hour.
_REGIONAL = re.compile(r"bedrock/([a-z]{2}(?:-[a-z]+)+-\d)/([^/@]+)")
_MODEL_ID = re.compile(r"[a-z0-9-]+\.[^/@]+")
_DATE = re.compile(r"-20\d{6}$")

_SUPPORTS = {
    "supports_tool_choice": "tool_choice",
    "supports_parallel_tool_use_config": "parallel_tool_use",
    "supports_mid_conversation_system": "mid_conversation_system",
    "supports_pdf_input": "document_input",
    "supports_output_config": "output_config_effort",
    "supports_computer_use": "computer_use",
}
# A member of the table that is false → words for what is refused.
_REFUSES = {
    "supports_sampling_params": ("temperature", "top_p", "top_k"),
    "supports_assistant_prefill": ("assistant_prefill",),
    "supports_forced_tool_use": ("forced_tool_use",),
    "bedrock_converse_supports_strict_tools": ("strict_tools",),
    "supports_bedrock_converse_tool_result_images": ("tool_result_images",),
    "supports_regex_lookaround": ("regex_lookaround",),
    "supports_system_messages": ("system",),
}
_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def facts_file(table: Mapping[str, Json], supplement: Json, traits: Json, *, version: str) -> Json:
    """Return the whole file. `supplement` and `traits` are the files of these names; `version` is litellm's."""
    chat = {name: entry for name, entry in table.items() if entry.get("mode") in _CHAT}
    told = {**chat, **{name: entry for name, entry in table.items() if _embeds(entry)}}
    runtime = {name: entry for name, entry in told.items() if entry.get("litellm_provider") in _RUNTIME}
    models: dict[str, Json] = {}
    for model_id, spellings in sorted(_spellings(runtime).items()):
        models[model_id] = _facts(model_id, spellings, supplement["rule"])
    _add_dated_names(models, (name for name, entry in chat.items() if entry["litellm_provider"] == "anthropic"))
    mantle = {name.rpartition("/")[2] for name in chat if name.startswith(_MANTLE)}
    return {
        "source": {
            "package": f"litellm {version}",
            "file": "litellm/model_prices_and_context_window_backup.json",
            "license": "MIT, Copyright (c) 2023 Berri AI",
        },
        "mantle_only": sorted(mantle - models.keys()),
        "trait_rules": [_trait_rule(rule) for rule in traits["rule"]],
        "models": models,
    }


def _trait_rule(rule: Json) -> Json:
    return {"begins": rule["begins"], "traits": {name: value for name, value in rule.items() if name != "begins"}}


def _embeds(entry: Json) -> bool:
    return entry.get("mode") == "embedding" and not any(map(entry.get, _PAID_OTHERWISE))


def _spellings(runtime: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """Group the entries by foundation model: place (``, `eu.`, `us-gov-west-1/`) → entry."""
    found: dict[str, dict[str, Json]] = {}
    for name, entry in runtime.items():
        if regional := _REGIONAL.fullmatch(name):
            found.setdefault(regional[2], {})[f"{regional[1]}/"] = entry
        elif _MODEL_ID.fullmatch(name):
            prefix = profile_prefix(name)
            found.setdefault(without_prefix(name), {})[f"{prefix}." if prefix else ""] = entry
    # A regional name without its provider is a slip of the table's.
    return {model_id: places for model_id, places in found.items() if "." in model_id}


def _facts(model_id: str, spellings: Mapping[str, Json], rules: Iterable[Json]) -> Json:
    """Merge the places' entries: abilities of the plainest name, prices of each place that has its own."""
    plain = next((spellings[place] for place in ("", "global.", "us.", "eu.") if place in spellings), None)
    entry = plain or next(iter(spellings.values()))
    facts: Json = {
        "context_window": entry.get("max_input_tokens"),
        "max_output_tokens": entry.get("max_output_tokens"),
        "tool_use": entry.get("supports_function_calling", False),
        "structured_output": any(
            entry.get(name, False)
            for name in ("supports_native_structured_output", "supports_bedrock_native_structured_output")
        ),
        "reasoning": _reasoning(entry),
        "prompt_caching": _prompt_caching(entry),
        "refuses": [word for name, words in _REFUSES.items() if entry.get(name) is False for word in words],
        "supports": _supports(entry),
        "prices": _prices_by_place(spellings),
    }
    for rule in rules:
        if any(fnmatch(model_id, pattern) for pattern in rule["models"]):
            _apply(rule, facts)
    return {name: value for name, value in facts.items() if value not in (None, False, [], {}) or name == "listed"}


def _supports(entry: Json) -> list[str]:
    words = [word for name, word in _SUPPORTS.items() if entry.get(name)]
    counted = entry.get("token_count_model", {}).get("litellm_provider") == "bedrock"
    return [*words, "count_tokens"] if counted else words


def _reasoning(entry: Json) -> Json | None:
    """Only Claude's ways are in the table's flags; the supplement knows the others."""
    if not entry.get("supports_reasoning"):
        return None
    if not entry.get("supports_adaptive_thinking"):
        return {"always_on": True} if entry.get("thinking_always_on") else {}
    reasoning: Json = {"asked_by": "thinking.adaptive", "efforts": _efforts(entry)}
    if entry.get("supports_legacy_thinking"):
        reasoning["takes_budget"] = True
    if entry.get("thinking_always_on"):
        reasoning["always_on"] = True
    return reasoning


def _efforts(entry: Json) -> Sequence[str]:
    optional = {"xhigh": "supports_xhigh_reasoning_effort", "max": "supports_max_reasoning_effort"}
    efforts = [word for word in _EFFORTS if word not in optional or entry.get(optional[word])]
    ceiling = entry.get("bedrock_output_config_effort_ceiling")
    return efforts[: efforts.index(ceiling) + 1] if ceiling in efforts else efforts


def _prompt_caching(entry: Json) -> Json | None:
    if not entry.get("supports_prompt_caching"):
        return None
    caching: Json = {}
    if "prompt_cache_min_tokens" in entry:
        caching["min_tokens"] = entry["prompt_cache_min_tokens"]
    if "cache_creation_input_token_cost_above_1hr" in entry:
        caching["ttls"] = ["5m", "1h"]
    return caching


def _prices_by_place(spellings: Mapping[str, Json]) -> dict[str, list[Json]]:
    by_place = {place: prices(entry) for place, entry in sorted(spellings.items())}
    plain = by_place.get("")
    # A profile's price stays even where it equals the model's: prices in a region must not apply to it.
    return {
        place: rules
        for place, rules in by_place.items()
        if rules and (place == "" or rules != plain or place.endswith("."))
    }


def _apply(rule: Json, facts: Json) -> None:
    for name, value in rule.items():
        match name:
            case "models":
                continue
            case "refuses" | "supports":
                facts[name] = [*facts[name], *(word for word in value if word not in facts[name])]
            case "reasoning":
                facts[name] = {**(facts[name] or {}), **value}
            case _:
                facts[name] = value


def _add_dated_names(models: Mapping[str, Json], names: Iterable[str]) -> None:
    """Give a model whose Bedrock id has no date the maker's dated name."""
    known = {short: model_id for model_id in models for short in short_names(model_id)}
    for name in sorted(names):
        owner = known.get(_DATE.sub("", name))
        if name not in known and owner:
            models[owner].setdefault("aliases", []).append(name)
