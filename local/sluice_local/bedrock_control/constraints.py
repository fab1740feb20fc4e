"""Checks what a request gives against the constraints of botocore's service model, in AWS's own words."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import ListShape, Shape, StructureShape
from moto.core.utils import get_service_model

from sluice_local.bedrock_control.errors import ValidationError

JsonObject = Mapping[str, Any]


def query_parameters(operation: str, query: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the query's parameters by the names of the operation's input members, checked."""
    located = {
        name: query[shape.serialization["name"]][0]
        for name, shape in _input_shape(operation).members.items()
        if shape.serialization.get("location") == "querystring" and shape.serialization["name"] in query
    }
    check(operation, located)
    return located


def check(operation: str, given: JsonObject, *, whole: bool = False) -> None:
    """Raise ValidationError for the members of an input that break a constraint.

    A `whole` input must have its required members, too.
    """
    shape = _input_shape(operation)
    if whole:
        found = [*_broken_structure("", given, shape)]
    else:
        found = [words for name, value in given.items() for words in _broken(name, value, shape.members[name])]
    if found:
        plural = "s" if len(found) > 1 else ""
        raise ValidationError(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def _input_shape(operation: str) -> StructureShape:
    shape = get_service_model("bedrock").operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    return shape


def _broken(where: str, value: Any, shape: Shape) -> Iterator[str]:
    match shape:
        case StructureShape():
            yield from _broken_structure(where, value, shape)
        case ListShape():
            yield from _broken_list(where, value, shape)
        case Shape(type_name="integer"):
            yield from _broken_integer(where, value, shape)
        case Shape(type_name="string"):
            yield from _broken_string(where, value, shape)
        case Shape(type_name="timestamp" | "boolean"):
            # Their constraints are their types, which the SDKs hold.
            return
        case _:
            raise NotImplementedError(shape.type_name)


def _broken_structure(where: str, value: Any, shape: StructureShape) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _words(where, value, "Member must be an object")
        return
    prefix = f"{where}." if where else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{prefix}{name}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _broken(f"{prefix}{name}", value[name], member)


def _broken_list(where: str, value: Any, shape: ListShape) -> Iterator[str]:
    if not isinstance(value, list):
        yield _words(where, value, "Member must be a list")
        return
    for number, member in enumerate(value, start=1):
        yield from _broken(f"{where}.{number}.member", member, shape.member)


def _broken_integer(where: str, value: Any, shape: Shape) -> Iterator[str]:
    try:
        number = int(value)
    except (TypeError, ValueError):
        yield _words(where, value, "Member must be an integer")
        return
    if number < shape.metadata.get("min", number):
        yield _words(where, value, f"Member must have value greater than or equal to {shape.metadata['min']}")
    if number > shape.metadata.get("max", number):
        yield _words(where, value, f"Member must have value less than or equal to {shape.metadata['max']}")


def _broken_string(where: str, value: Any, shape: Shape) -> Iterator[str]:
    limits = shape.metadata
    if not isinstance(value, str):
        yield _words(where, value, "Member must be a string")
    elif limits.get("enum") and value not in limits["enum"]:
        yield _words(where, value, f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]")
    elif not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        yield _words(where, value, f"Member must have length between {limits['min']} and {limits['max']}")
    elif limits.get("pattern") and not re.fullmatch(limits["pattern"], value):
        yield _words(where, value, f"Member must satisfy regular expression pattern: {limits['pattern']}")


def _words(where: str, value: Any, constraint: str) -> str:
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {constraint}"
