"""Requests held against the service model: decoded where they fit, refused in AWS's words where they do not."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sluice_local.bedrock_runtime.errors import ServiceError, invalid, refused
from sluice_local.bedrock_runtime.service_model import Operation, input_shape

# JSON's types in the words of AWS's parser, and what each of the model's types takes.
_JSON_TYPES = {
    bool: "TRUE_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    str: "STRING_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def decode_request(
    operation: Operation, labels: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> dict[str, Any]:
    """Return an operation's input: members of path, headers and body, blobs as bytes.

    Raises ValidationException for what the model does not allow, SerializationException for what is no JSON.
    """
    shape = input_shape(operation)
    payload = shape.serialization.get("payload")
    decoder = _Decoder()
    given = {payload: body} if payload else decoder.members(shape, _parse(body), "")
    for name, member in shape.members.items():
        match member.serialization.get("location"):
            case "uri":
                given[name] = decoder.value(member, labels[name], name)
            case "header" if (value := headers.get(member.serialization["name"].lower())) is not None:
                given[name] = decoder.value(member, value, name)
            case _:
                pass
    decoder.require(shape, given, "")
    decoder.finish()
    return given


def decode_member(operation: Operation, name: str, value: Any) -> Any:
    """Return one member of an operation's input, decoded from JSON; refused like a request that holds it."""
    decoder = _Decoder()
    decoded = decoder.value(input_shape(operation).members[name], value, name)
    decoder.finish()
    return decoded


def _parse(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise refused("SerializationException", "The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise refused("SerializationException", "The request body must be a JSON object.")
    return parsed


class _Decoder:
    """One walk over a request. Violated constraints are collected, as AWS reports them together."""

    def __init__(self) -> None:
        self._violations: list[str] = []

    def finish(self) -> None:
        if self._violations:
            count = len(self._violations)
            noun = "error" if count == 1 else "errors"
            raise invalid(f"{count} validation {noun} detected: {'; '.join(self._violations)}")

    def value(self, shape: Shape, value: Any, path: str) -> Any:
        if getattr(shape, "is_document_type", False):
            return value
        self._check_type(shape, value)
        match shape:
            case StructureShape():
                return self._structure(shape, value, path)
            case ListShape():
                self._check_size(shape, len(value), path, value)
                return [self._item(shape, item, f"{path}.{at}.member") for at, item in enumerate(value, 1)]
            case MapShape():
                self._check_size(shape, len(value), path, value)
                return {
                    self.value(shape.key, key, path): self.value(shape.value, of, path) for key, of in value.items()
                }
            case _ if shape.type_name == "blob":
                return self._blob(shape, value, path)
            case _ if shape.type_name == "string":
                return self._string(shape, value, path)
            case _ if shape.type_name == "boolean":
                return value
            case _:
                return self._number(shape, value, path)

    def members(self, shape: StructureShape, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Decode a structure's members that travel in the body; null is the same as absent."""
        in_body = {name: member for name, member in shape.members.items() if "location" not in member.serialization}
        for name in value:
            if name not in in_body:
                raise _unknown_member(shape, name, path)
        return {
            name: self.value(in_body[name], member, f"{path}.{name}".lstrip("."))
            for name, member in value.items()
            if member is not None
        }

    def require(self, shape: StructureShape, given: Mapping[str, Any], path: str) -> None:
        for name in shape.required_members:
            if name not in given:
                where = f"{path}.{name}".lstrip(".")
                self._violations.append(
                    f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
                )

    def _structure(self, shape: StructureShape, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        decoded = self.members(shape, value, path)
        if shape.is_tagged_union and len(decoded) != 1:
            raise _not_one_member(shape, path)
        self.require(shape, decoded, path)
        return decoded

    def _item(self, shape: ListShape, item: Any, path: str) -> Any:
        if item is None:
            self._violations.append(f"Value null at '{path}' failed to satisfy constraint: Member must not be null")
            return None
        return self.value(shape.member, item, path)

    def _blob(self, shape: Shape, value: str, path: str) -> bytes:
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise invalid(f"The value at {_zero_based(path)} is not valid base64.") from None
        self._check_size(shape, len(decoded), path, value)
        return decoded

    def _string(self, shape: Shape, value: str, path: str) -> str:
        constraints = shape.metadata
        if "enum" in constraints and value not in constraints["enum"]:
            self._violate(shape, value, path, f"Member must satisfy enum value set: [{', '.join(constraints['enum'])}]")
        if "pattern" in constraints and not re.fullmatch(constraints["pattern"], value):
            pattern = constraints["pattern"]
            self._violate(shape, value, path, f"Member must satisfy regular expression pattern: {pattern}")
        self._check_size(shape, len(value), path, value)
        return value

    def _number(self, shape: Shape, value: float, path: str) -> float:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and value < low:
            self._violate(shape, value, path, f"Member must have value greater than or equal to {low}")
        if high is not None and value > high:
            self._violate(shape, value, path, f"Member must have value less than or equal to {high}")
        return value

    def _check_size(self, shape: Shape, size: int, path: str, value: Any) -> None:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and size < low:
            self._violate(shape, value, path, f"Member must have length greater than or equal to {low}")
        if high is not None and size > high:
            self._violate(shape, value, path, f"Member must have length less than or equal to {high}")

    def _check_type(self, shape: Shape, value: Any) -> None:
        expected = _PYTHON_TYPES[shape.type_name]
        if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
            _refuse_type(shape, value)

    def _violate(self, shape: Shape, value: Any, path: str, constraint: str) -> None:
        shown = "Value" if shape.metadata.get("sensitive") else f"Value '{_shown(value)}'"
        self._violations.append(f"{shown} at '{path}' failed to satisfy constraint: {constraint}")


def _refuse_type(shape: Shape, value: Any) -> NoReturn:
    given = "NULL_VALUE" if value is None else "FALSE_VALUE" if value is False else _JSON_TYPES[type(value)]
    raise invalid(f"{given} can not be converted to {shape.type_name.capitalize()}")


def _shown(value: Any) -> str:
    return "[" + ", ".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def _unknown_member(shape: StructureShape, name: str, path: str) -> ServiceError:
    if shape.is_tagged_union:
        return _not_one_member(shape, path)
    where = "/".join(["#", *_zero_based(path).split(".")]) if path else "#"
    return invalid(
        f"Malformed input request: {where}: extraneous key [{name}] is not permitted, please reformat your input and "
        "try again."
    )


def _not_one_member(shape: StructureShape, path: str) -> ServiceError:
    keys = ", ".join(shape.members)
    return invalid(f"{shape.name} object at {_zero_based(path)} must set one of the following keys: {keys}.")


def _zero_based(path: str) -> str:
    """Count a path's items from 0 and without `member`: constraint violations count from 1, other refusals do not."""
    return re.sub(r"\.(\d+)\.member", lambda match: f".{int(match[1]) - 1}", path)
