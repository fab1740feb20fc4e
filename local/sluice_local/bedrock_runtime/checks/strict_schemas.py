"""What no grammar holds, refused: schemas of structured output and of strict tools, and too much of them in all.

Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html and
https://platform.claude.com/docs/en/build-with-claude/structured-outputs, with the words that Bedrock was seen to use.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sluice_local.bedrock_runtime.errors import ServiceError, invalid

type Schema = Mapping[str, Any]

_UNSUPPORTED = {
    "object": ("minProperties", "maxProperties", "patternProperties", "propertyNames"),
    "array": ("maxItems", "uniqueItems", "contains", "prefixItems"),
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
_MOST_TOOLS = 20
_MOST_OPTIONAL = 24
_MOST_UNIONS = 16


def check_answer_schema(schema: Schema) -> None:
    """Refuse a schema of an answer that cannot be compiled. Raises ValidationException."""
    _check(schema, "output_config.format.schema")


def check_strict_tools(tools: Mapping[str, Schema]) -> None:
    """Refuse strict tools, schemas by path, that cannot be compiled. Raises ValidationException."""
    if len(tools) > _MOST_TOOLS:
        raise _from_model(f"Too many strict tools ({len(tools)}). The maximum is {_MOST_TOOLS}.")
    for path, schema in tools.items():
        _check(schema, path)


def check_limits(schemas: list[Schema]) -> None:
    """Refuse what is too much for one grammar. Raises ValidationException."""
    nodes = [node for schema in schemas for node in _nodes(schema)]
    optional = sum(len(_dict(node.get("properties")).keys() - set(_list(node.get("required")))) for node in nodes)
    if optional > _MOST_OPTIONAL:
        raise _from_model(f"Schemas contains too many optional parameters ({optional}, limit: {_MOST_OPTIONAL}).")
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in nodes)
    if unions > _MOST_UNIONS:
        raise _from_model(f"Schemas contains too many parameters with union types ({unions}, limit: {_MOST_UNIONS}).")


def _check(schema: Schema, path: str) -> None:
    for node in _nodes(schema):
        if "oneOf" in node:
            raise _from_model(f"{path}: Schema type 'oneOf' is not supported")
        if "$ref" in node and not _leads_to_a_definition(str(node["$ref"]), schema):
            raise _from_model(f"{path}: Circular or external references are not supported")
        kind = node.get("type")
        if kind == "object" and node.get("additionalProperties") is not False:
            raise _from_model(f"{path}: For 'object' type, 'additionalProperties' must be explicitly set to false")
        if unsupported := [name for name in _UNSUPPORTED.get(str(kind), ()) if name in node]:
            which = "property" if len(unsupported) == 1 else "properties"
            names = f"'{unsupported[0]}' is" if len(unsupported) == 1 else f"{', '.join(unsupported)} are"
            raise _from_model(f"{path}: For '{kind}' type, {which} {names} not supported")
        if kind == "array" and node.get("minItems", 0) not in (0, 1):
            raise _from_model(f"{path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
        if kind == "string" and node.get("format", "date") not in _FORMATS:
            raise _from_model(f"{path}: For 'string' type, format '{node['format']}' is not supported")
        if not node.keys() & {"type", "anyOf", "allOf", "enum", "const", "$ref"}:
            raise _from_model(f"{path}: Schema type is missing")


def _nodes(schema: Any) -> Iterator[Schema]:
    """Yield a schema and every one inside it, those it defines for others too."""
    if not isinstance(schema, dict):
        return
    yield schema
    for name in ("properties", "$defs", "definitions"):
        for inner in _dict(schema.get(name)).values():
            yield from _nodes(inner)
    for inner in (*_list(schema.get("anyOf")), *_list(schema.get("allOf")), schema.get("items")):
        yield from _nodes(inner)


def _leads_to_a_definition(reference: str, root: Schema) -> bool:
    """Tell whether it is one of the schema's own, and does not refer to itself."""
    head, _, name = reference.rpartition("/")
    definition = _dict(root.get(head.removeprefix("#/"))).get(name)
    return definition is not None and all(inner.get("$ref") != reference for inner in _nodes(definition))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _from_model(message: str) -> ServiceError:
    return invalid(f"The model returned the following errors: {message}")
