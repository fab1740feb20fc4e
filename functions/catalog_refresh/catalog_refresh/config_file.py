"""The configuration file: JSON5 in OpenClaw's own format, of which the parts about Bedrock count.

`models.bedrockDiscovery` and its successor `plugins.entries.amazon-bedrock.config.discovery`, which counts first;
`models.providers.amazon-bedrock.models[]`; `agents.defaults.model.primary`. Everything else is somebody else's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from json5_document import JSON5DecodeError, parse
from sluice.region import is_region

from catalog_refresh.config_values import ConfigError, Value, checked, unknown_members
from catalog_refresh.options import names

__all__ = ["ConfigError", "ConfigFile", "ManualModel", "read_config"]

_PROVIDER = "amazon-bedrock"
_OPTIONS = {
    "enabled": "true or false",
    "region": "text",
    "providerFilter": "a list of texts",
    "refreshInterval": "a number",
    "defaultContextWindow": "a number",
    "defaultMaxTokens": "a number",
}
_MODEL = {
    "id": "text",
    "name": "text",
    "reasoning": "true or false",
    "input": "a list of texts",
    "cost": "an object",
    "contextWindow": "a number above 0",
    "maxTokens": "a number above 0",
}
_COST = dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), "a number, 0 or more")
_INPUTS = ("text", "image")


@dataclass(frozen=True, slots=True)
class ManualModel:
    """One of `models[]`; None: the file does not say. `cost` is in US dollars for a million tokens."""

    model_id: str
    name: str | None = None
    reasoning: bool | None = None
    input_modalities: tuple[str, ...] | None = None
    cost: Mapping[str, float] | None = None
    context_window: int | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file says. `discovery` has OpenClaw's keys; `warnings` name what has no effect, with its line."""

    discovery: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[ManualModel] = ()
    primary_model: str = ""
    warnings: Sequence[str] = ()


def read_config(text: str, name: str) -> ConfigFile:
    """Read the file. `name` is what messages call it.

    Raises:
        ConfigError: it is no JSON5, or a part that counts is wrong.
    """
    try:
        root = Value(name, "", parse(source=text).root, text)
    except JSON5DecodeError as error:
        raise ConfigError(f"{name} line {error.lineno}, column {error.colno}: {error.msg}") from error
    provider = root.member("models", "providers", _PROVIDER)
    models = provider.member("models").items() if provider else []
    plugin = root.member("plugins", "entries", _PROVIDER, "config", "discovery")
    return ConfigFile(
        discovery={**_discovery(root.member("models", "bedrockDiscovery")), **_discovery(plugin)},
        models=tuple(_model(model) for model in models),
        primary_model=_primary(root.member("agents", "defaults", "model")),
        warnings=tuple(warning for model in models for warning in unknown_members(model, _MODEL)),
    )


def _discovery(value: Value) -> dict[str, Any]:
    if not value:
        return {}
    options = checked(value, _OPTIONS)
    if unknown := sorted(value.keys() - _OPTIONS.keys()):
        raise value.member(unknown[0]).error(f"is no option of discovery; there are {', '.join(_OPTIONS)}")
    for name in names(options.get("region") or ""):
        if not is_region(name):
            raise value.member("region").error(f"has {name!r}, which is no region like us-east-1")
    return {key: options[key] for key in options if options[key] is not None}


def _model(value: Value) -> ManualModel:
    members = checked(value, _MODEL)
    model_id = str(members.get("id") or "").strip()
    if not model_id:
        raise value.error("has no id")
    cost = value.member("cost")
    return ManualModel(
        model_id=model_id,
        name=(members.get("name") or "").strip() or None,
        reasoning=members.get("reasoning"),
        input_modalities=_input(value.member("input")),
        cost=checked(cost, _COST) if cost else None,
        context_window=_whole(members.get("contextWindow")),
        max_tokens=_whole(members.get("maxTokens")),
    )


def _input(value: Value) -> tuple[str, ...] | None:
    if not value:
        return None
    for word in value.items():
        if word.value not in _INPUTS:
            raise word.error(f"is {word.value!r}; it must be one of {', '.join(_INPUTS)}")
    return tuple(dict.fromkeys(word.value.upper() for word in value.items())) or None


def _primary(value: Value) -> str:
    """OpenClaw takes the model's name itself, or an object with `primary` and `fallbacks`."""
    primary = value if isinstance(value.value, str) else value.member("primary")
    return str(checked(primary, "text") or "").strip() if primary else ""


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
