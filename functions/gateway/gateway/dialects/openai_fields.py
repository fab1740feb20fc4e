"""Fields that OpenAI's dialects have in common, its own and the extensions that its clients are used to."""

from collections.abc import Mapping
from typing import Any

import orjson
from sluice.traits import EFFORTS

from gateway.converse import fields
from gateway.converse.caching import Caching
from gateway.converse.extras import guardrail_of
from gateway.converse.reasoning import Reasoning
from gateway.converse.structured import OutputFormat
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_EFFORT_WORDS = ("none", *EFFORTS)
# OpenAI keeps a prompt a day in one of its caches; Bedrock an hour in the longer of its own.
_TTL_BY_RETENTION = {"24h": "1h"}


def model_name(request: Json) -> str:
    """Return the name of the model.

    Raises:
        InvalidRequest: there is none.
    """
    model = request.get("model")
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest("`model` must be the id of a Bedrock model or inference profile.", "model")
    return model.strip()


def refuse(request: Json, refused: Mapping[str, tuple[object, ...]]) -> None:
    """Refuse fields that change what is answered and are not carried; `refused` has the values that ask for nothing.

    Raises:
        InvalidRequest: one of them has another value.
    """
    for name, harmless in refused.items():
        if request.get(name) not in harmless:
            raise InvalidRequest(f"Sluice does not carry `{name}` = {fields.shown(request[name])} here.", name)


def ignored_names(request: Json, known: frozenset[str]) -> tuple[str, ...]:
    """Return the names of fields that have no effect: those that are not in `known`."""
    return tuple(name for name, value in request.items() if value is not None and name not in known)


def guardrail(request: Json, headers: Mapping[str, str], *, streams: bool) -> Json | None:
    """Return Converse's `guardrailConfig` from the field of that name, in either spelling, or from Bedrock's headers.

    Raises:
        InvalidRequest: it is incomplete.
    """
    name = "guardrailConfig" if request.get("guardrailConfig") is not None else "guardrail_config"
    return guardrail_of(headers, request.get(name), name, streams=streams)


def effort(parent: Json, name: str, path: str = "") -> str:
    """Return a reasoning effort, empty where there is none; `path` is the parent's.

    Raises:
        InvalidRequest: nobody knows the word.
    """
    word = fields.optional(parent, name, str, path) or ""
    if word and word not in _EFFORT_WORDS:
        where = fields.below(path, name)
        raise InvalidRequest(f"`{where}` is {fields.shown(word)}; it may be {', '.join(_EFFORT_WORDS)}.", where)
    return word


def reasoning_object(given: Json) -> Reasoning:
    """Read `reasoning`, OpenAI's and OpenRouter's.

    Raises:
        InvalidRequest: one of its members is malformed.
    """
    if fields.optional(given, "enabled", bool, "reasoning") is False:
        return Reasoning(mode="disabled")
    return Reasoning(effort(given, "effort", "reasoning"), fields.count(given, "max_tokens", "reasoning"))


def json_schema(given: Json, path: str) -> OutputFormat:
    """Read a JSON schema that the answer must follow; `path` is that of the object around it.

    Raises:
        InvalidRequest: one of its members is malformed.
    """
    return OutputFormat(
        schema=fields.optional(given, "schema", dict, path) or {},
        name=fields.optional(given, "name", str, path) or "",
        description=fields.optional(given, "description", str, path) or "",
        path=f"{path}.schema",
    )


def caching(request: Json) -> Caching:
    """Return how the prompt is to be cached beside its own marks.

    Raises:
        InvalidRequest: a field is malformed.
    """
    retention = fields.optional(request, "prompt_cache_retention", str) or ""
    control = fields.optional(request, "cache_control", dict) or {}
    ttl = fields.optional(control, "ttl", str, "cache_control") or _TTL_BY_RETENTION.get(retention, "")
    return Caching(automatic=control.get("type") != "none", ttl=ttl)


def arguments(text: object) -> object:
    """Return the arguments a model once wrote: of several objects in a row the first, of what is no JSON nothing."""
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _first_value(text)


def _first_value(text: str) -> object:
    # Rarely needed, and the json module takes its time to import.
    from json import JSONDecoder

    try:
        return JSONDecoder().raw_decode(text.strip())[0]
    except (ValueError, RecursionError):
        return {}
