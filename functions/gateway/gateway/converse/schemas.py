"""JSON schemas as models take them: an object at the root, references resolved, nothing they refuse."""

from typing import Any

import orjson

from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_DEFINITIONS = ("$defs", "definitions")
_COMPOSITIONS = frozenset({"allOf", "anyOf", "oneOf"})
_LOOKAROUND = ("(?=", "(?!", "(?<=", "(?<!")
# What a schema may grow to when its references are resolved; beyond, they stay references.
_MOST_NODES = 20_000


class _Recursive(Exception):
    """A reference leads back to itself, to nowhere, or the schema would grow without bounds."""


def object_schema(schema: Json | None, path: str, *, lookaround: bool = True, root_unions: bool = True) -> Json:
    """Return the schema of a tool's arguments: an object, its `$defs` inlined where they are not recursive.

    `lookaround`: the model takes it in patterns. `root_unions`: it takes `anyOf`, `oneOf` and `allOf` at the root.

    Raises:
        InvalidRequest: it is the schema of something else than an object.
    """
    resolved = resolve(schema or {})
    if not lookaround:
        resolved = _without_lookaround(resolved)
    kind = resolved.get("type", "object")
    if kind not in ("object", ["object"], ["object", "null"], ["null", "object"], None):
        raise InvalidRequest(f"`{path}` must be the schema of an object.", path)
    if not root_unions and not _COMPOSITIONS.isdisjoint(resolved):
        resolved = _without_root_unions(resolved)
    complete = {**resolved, "type": "object"}
    complete.setdefault("properties", {})
    return complete


def resolve(schema: Json) -> Json:
    """Inline every `$ref` into the schema's own definitions; a recursive schema is returned as it is."""
    definitions = {f"#/{key}/{name}": value for key in _DEFINITIONS for name, value in (_dict(schema.get(key))).items()}
    if not definitions:
        return schema
    try:
        resolved = _Resolver(definitions).resolve({k: v for k, v in schema.items() if k not in _DEFINITIONS}, ())
    except _Recursive:
        return schema
    return resolved if isinstance(resolved, dict) else schema


class _Resolver:
    def __init__(self, definitions: Json) -> None:
        self._definitions = definitions
        self._nodes = 0

    def resolve(self, node: Any, inside: tuple[str, ...]) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _Recursive
        if isinstance(node, list):
            return [self.resolve(item, inside) for item in node]
        if not isinstance(node, dict):
            return node
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return {key: self.resolve(value, inside) for key, value in node.items()}
        if reference in inside or reference not in self._definitions:
            raise _Recursive
        found = self.resolve(self._definitions[reference], (*inside, reference))
        beside = {key: self.resolve(value, inside) for key, value in node.items() if key != "$ref"}
        return {**found, **beside} if isinstance(found, dict) else found


def _without_root_unions(schema: Json) -> Json:
    """Return an object with the members of all variants, and say in its description which belong together."""
    flat = {key: value for key, value in schema.items() if key not in _COMPOSITIONS and key != "required"}
    properties, required, together = dict(_dict(schema.get("properties"))), _required(schema), {}
    for kind in sorted(_COMPOSITIONS & schema.keys()):
        variants = [_dict(_found(variant, schema)) for variant in _list(schema[kind])]
        needed = [_required(variant) for variant in variants]
        for variant in variants:
            for name, member in _dict(variant.get("properties")).items():
                properties[name] = _either(properties[name], member) if name in properties else member
        if kind == "allOf":
            required = required.union(*needed)
        elif variants:
            required |= set.intersection(*needed)
            together[kind] = [{"required": sorted(names)} for names in needed]
    if required:
        flat["required"] = [name for name in properties if name in required]
    if together:
        flat["description"] = f"{schema.get('description') or ''}\n\n{orjson.dumps(together).decode()}".strip()
    return {**flat, "properties": properties}


def _found(variant: Any, schema: Json) -> Any:
    """Return what a variant is in a recursive schema, whose references stay."""
    name = str(_dict(variant).get("$ref", "")).rpartition("/")[2]
    return next((found[name] for key in _DEFINITIONS if name in (found := _dict(schema.get(key)))), variant)


def _required(schema: Json) -> set[str]:
    return {name for name in _list(schema.get("required")) if isinstance(name, str)}


def _either(one: Any, other: Any) -> Any:
    """Return the schema of a member that two variants have."""
    if one == other:
        return one
    variants = one["anyOf"] if isinstance(one, dict) and one.keys() == {"anyOf"} else [one]
    return {"anyOf": variants if other in variants else [*variants, other]}


def _without_lookaround(node: Any) -> Any:
    """Drop regular expressions that some models' grammars cannot compile."""
    if isinstance(node, list):
        return [_without_lookaround(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_lookaround(value) for key, value in node.items() if not _looks_around(key, value)}


def _looks_around(key: str, value: Any) -> bool:
    return key == "pattern" and isinstance(value, str) and any(sign in value for sign in _LOOKAROUND)


def _dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
