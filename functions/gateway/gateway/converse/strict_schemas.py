"""Schemas that Bedrock compiles into grammars: those of native structured output, and of strict tools.

It compiles a part of JSON Schema, refuses the rest, and the whole request with it
(bedrock/latest/userguide/structured-output.html). Constraints which no grammar holds are told in the description, as
Anthropic's SDKs do it; a schema of a shape that cannot be compiled is not to be sent as one.
"""

import re
from typing import Any

import orjson

from gateway.converse.schemas import resolve

type Json = dict[str, Any]

# What one request may have in all its schemas (platform.claude.com/docs/en/build-with-claude/structured-outputs).
_MOST_STRICT_TOOLS = 20
_MOST_OPTIONAL = 24
_MOST_UNIONS = 16

_FORMATS = frozenset(
    {"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid"},
)
_ONLY_IN_WORDS = frozenset(
    {
        "contains",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "if",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "propertyNames",
        "then",
        "unevaluatedProperties",
        "uniqueItems",
    }
)
# A reference that is left after all were resolved is recursive, or leads elsewhere.
_NEVER = frozenset({"$ref", "additionalItems", "patternProperties", "prefixItems"})
_DROPPED = frozenset({"$comment", "$defs", "$id", "$schema", "additionalProperties", "definitions"})
# Look-around, back references, word boundaries.
_PATTERN_BEYOND = re.compile(r"\(\?|\\[bB1-9k]")
_TYPES: dict[type, tuple[str, ...]] = {
    bool: ("boolean",),
    int: ("integer", "number"),
    float: ("number",),
    str: ("string",),
    type(None): ("null",),
}


class _Beyond(Exception):
    """The schema cannot be compiled."""


class StrictSchemas:
    """The compiled schemas of one request, which have limits together."""

    def __init__(self) -> None:
        self._tools = 0
        self._optional = 0
        self._unions = 0

    def of_tool(self, schema: Json) -> Json | None:
        """Return the schema of a strict tool's arguments as it is to be sent; None: the tool cannot be strict."""
        if self._tools == _MOST_STRICT_TOOLS:
            return None
        compiled = self.of_answer(schema)
        self._tools += compiled is not None
        return compiled

    def of_answer(self, schema: Json) -> Json | None:
        """Return the schema of an answer as it is to be sent; None: it cannot be compiled, or not beside the others."""
        schemas = _Compiler()
        try:
            compiled = schemas.compiled(resolve(schema))
        except _Beyond:
            return None
        if self._optional + schemas.optional > _MOST_OPTIONAL or self._unions + schemas.unions > _MOST_UNIONS:
            return None
        self._optional += schemas.optional
        self._unions += schemas.unions
        return compiled


class _Compiler:
    def __init__(self) -> None:
        self.optional = 0
        self.unions = 0

    def compiled(self, node: object) -> Json:
        schema = _alone(node)
        told: Json = {}
        words: Json = {}
        for key, value in schema.items():
            if key in _NEVER:
                raise _Beyond
            if key in _ONLY_IN_WORDS or (key in _HELD and not _HELD[key](value)):
                words[key] = value
            elif key not in _DROPPED:
                told[key] = self._member(key, value)
        return _described(self._shaped(told, schema), words)

    def _member(self, key: str, value: Any) -> Any:
        match key:
            case "properties":
                if not isinstance(value, dict):
                    raise _Beyond
                return {name: self.compiled(member) for name, member in value.items()}
            case "items":
                return self.compiled(value)
            case "anyOf" | "oneOf":
                if not isinstance(value, list):
                    raise _Beyond
                return [self.compiled(variant) for variant in value]
            case "enum" | "const" if not _is_primitive(value if key == "enum" else [value]):
                raise _Beyond
            case _:
                return value

    def _shaped(self, told: Json, schema: Json) -> Json:
        """Return the node with a closed object, one kind of union, and types that its values have."""
        if "oneOf" in told:
            # Whoever is made to write one of them is not made to write only one.
            told["anyOf"] = told.get("anyOf", []) + told.pop("oneOf")
        types = _types(told)
        if "properties" in told or "object" in types:
            self._close(told, schema)
        values = told.get("enum", [told["const"]] if "const" in told else [])
        if values and not _have(values, types):
            told.pop("type", None)
        if not told.keys() & {"type", "anyOf", "enum", "const"} or ("array" in types and "items" not in told):
            # Anything at all.
            raise _Beyond
        self.unions += "anyOf" in told or isinstance(told.get("type"), list)
        return told

    def _close(self, told: Json, schema: Json) -> None:
        more = schema.get("additionalProperties", "properties" not in told)
        if not told.get("properties") and more is not False:
            # Its members may have any name, and a closed object has none.
            raise _Beyond
        told.setdefault("type", "object")
        told.setdefault("properties", {})
        told["additionalProperties"] = False
        self.optional += len(told["properties"].keys() - set(_names(schema.get("required"))))


# What holds of members that are compiled with some values only.
_HELD = {
    "format": lambda value: isinstance(value, str) and value in _FORMATS,
    "minItems": lambda value: value in (0, 1),
    "pattern": lambda value: isinstance(value, str) and not _PATTERN_BEYOND.search(value),
}


def _alone(node: object) -> Json:
    """Return a node without `allOf`, which is one schema in most cases, with more of it beside."""
    if not isinstance(node, dict):
        raise _Beyond
    if "allOf" not in node:
        return node
    parts = node["allOf"]
    if not isinstance(parts, list) or len(parts) != 1 or not isinstance(parts[0], dict):
        raise _Beyond
    return _alone({**parts[0], **{key: value for key, value in node.items() if key != "allOf"}})


def _described(schema: Json, words: Json) -> Json:
    if not words:
        return schema
    description = schema.get("description")
    before = f"{description}\n\n" if isinstance(description, str) and description else ""
    return {**schema, "description": f"{before}{orjson.dumps(words).decode()}"}


def _types(schema: Json) -> tuple[str, ...]:
    kind = schema.get("type")
    return (kind,) if isinstance(kind, str) else _names(kind)


def _names(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _is_primitive(values: object) -> bool:
    return isinstance(values, list) and bool(values) and all(type(value) in _TYPES for value in values)


def _have(values: list[object], types: tuple[str, ...]) -> bool:
    return not types or all(set(_TYPES[type(value)]) & set(types) for value in values)
