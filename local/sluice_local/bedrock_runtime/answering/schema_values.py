"""Values that fit a JSON schema, taken from what was asked where it offers one and made up plausibly where not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sluice_local.bedrock_runtime.errors import invalid

Schema = Mapping[str, Any]
_DEEPEST = 6

_QUOTED = re.compile(r"[\"“'`]([^\"”'`]{1,200})[\"”'`]")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_URL = re.compile(r"https?://\S+[\w/]")
_PATH = re.compile(r"(?:~?/|\./)?[\w.-]*[\w-](?:/[\w.-]+)*\.\w{1,6}\b|~?/[\w./-]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLACE = re.compile(r"\b(?:in|for|of|at|to|from|near|and)\s+((?:[A-Z][\w'-]+)(?:\s[A-Z][\w'-]+)*)")
_EXPRESSION = re.compile(r"[\d.(][\d\s.()+*/\u00d7\u00f7^-]*[\d)]")

# What a property's name says about its value, first match counts.
_BY_NAME: Sequence[tuple[re.Pattern[str], re.Pattern[str]]] = (
    (re.compile(r"city|location|place|country|destination|origin|address|region", re.IGNORECASE), _PLACE),
    (re.compile(r"url|link|href|uri", re.IGNORECASE), _URL),
    (re.compile(r"path|file|folder|dir", re.IGNORECASE), _PATH),
    (re.compile(r"date|day|when", re.IGNORECASE), _DATE),
    (re.compile(r"expression|formula|calculation", re.IGNORECASE), _EXPRESSION),
)
_WHOLE_QUESTION = re.compile(
    r"query|question|text|prompt|message|search|content|input|task|description|subject", re.IGNORECASE
)
_STANDARD_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "6f1c2b7e-3a54-4d8f-9b1a-0c2d4e6f8a90",
}


@dataclass(frozen=True, slots=True)
class _Source:
    question: str
    definitions: Schema
    everything: bool  # whether optional properties are filled too


def arguments_for(schema: Schema, question: str) -> dict[str, Any]:
    """Return arguments for a tool: what it requires, and what else the question names. Raises ValidationException."""
    with _refusing_what_is_no_schema():
        return _object(schema, _Source(question, _definitions(schema), everything=False), 0)


def document_for(schema: Schema, question: str) -> Any:
    """Return a document with every property of a schema, for structured output. Raises ValidationException."""
    with _refusing_what_is_no_schema():
        return _value("answer", schema, _Source(question, _definitions(schema), everything=True), 0)


@contextmanager
def _refusing_what_is_no_schema() -> Iterator[None]:
    """A schema that is none fails somewhere on the way through it; models say so before they are asked."""
    try:
        yield
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, OverflowError) as error:
        raise invalid(
            "The model returned the following errors: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
            "(https://json-schema.org/draft/2020-12)."
        ) from error


def places(question: str) -> list[str]:
    """Return the places that a question names (`in Paris and London`: two)."""
    return list(dict.fromkeys(_PLACE.findall(question)))


def is_place(name: str) -> bool:
    """Tell whether a property of this name holds a place."""
    return bool(_BY_NAME[0][0].search(name))


def _definitions(schema: Schema) -> Schema:
    return {**schema.get("definitions", {}), **schema.get("$defs", {})}


def _value(name: str, schema: Any, source: _Source, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return _value(name, source.definitions.get(schema["$ref"].rpartition("/")[2], {}), source, depth + 1)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return _chosen(schema["enum"], source.question)
    for union in ("anyOf", "oneOf", "allOf"):
        if schema.get(union):
            return _value(name, schema[union][0], source, depth + 1)
    return _typed(name, schema, source, depth)


def _typed(name: str, schema: Schema, source: _Source, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            return _object(schema, source, depth)
        case "array":
            count = max(schema.get("minItems", 1), 1)
            return [_value(name, schema.get("items", {}), source, depth + 1) for _ in range(count)]
        case "integer":
            return int(_number(schema, source.question))
        case "number":
            return _number(schema, source.question)
        case "boolean":
            return schema.get("default", True)
        case "null":
            return None
        case _:
            return _string(name, schema, source.question)


def _object(schema: Schema, source: _Source, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    return {
        name: _value(name, member, source, depth + 1)
        for name, member in properties.items()
        if source.everything or name in required or _named_in(member, source.question)
    }


def _named_in(schema: Any, question: str) -> bool:
    """Tell whether the question names one of an optional property's few values."""
    values = schema.get("enum", ()) if isinstance(schema, Mapping) else ()
    return any(str(value).lower() in question.lower() for value in values if value)


def _chosen(values: Sequence[Any], question: str) -> Any:
    named = [value for value in values if str(value).lower() in question.lower()]
    return (named or values or [None])[0]


def _number(schema: Schema, question: str) -> float:
    found = _NUMBER.search(question)
    value = float(found[0]) if found else float(schema.get("default", 1))
    value = max(value, float(schema.get("minimum", value)))
    return min(value, float(schema.get("maximum", value)))


def _string(name: str, schema: Schema, question: str) -> str:
    if schema.get("format") in _STANDARD_FORMATS:
        return _STANDARD_FORMATS[schema["format"]]
    text = _text(name, schema, question)
    return text[: schema["maxLength"]] if "maxLength" in schema else text


def _text(name: str, schema: Schema, question: str) -> str:
    for names, pattern in _BY_NAME:
        if names.search(name) and (found := pattern.search(question)):
            return found[found.lastindex or 0].strip()
    if quoted := _QUOTED.search(question):
        return quoted[1]
    if _WHOLE_QUESTION.search(name):
        return question
    if "default" in schema:
        return str(schema["default"])
    proper = places(question)
    return proper[0] if proper else name.replace("_", " ")
