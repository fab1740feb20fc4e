"""Typed reading of a client's JSON: every refusal is an `InvalidRequest` that names the path of its field."""

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_KINDS = {bool: "true or false", str: "a string", dict: "an object", list: "a list", int: "a whole number"}
_LONGEST_SHOWN = 40
_GZIP = b"\x1f\x8b"
# Bedrock's integers have 32 bits.
_MOST = 2**31 - 1


def read_object(body: bytes) -> Json:
    """Parse a request's body, which must be a JSON object."""
    if body.startswith(_GZIP):
        raise InvalidRequest("The body is compressed (gzip). Send it as plain JSON.")
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(request, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return request


def below(path: str, name: str) -> str:
    """Return the path of a member."""
    return f"{path}.{name}" if path else name


def as_kind[T](value: object, kind: type[T], path: str) -> T:
    """Return the value if it is of that kind; a boolean is no number."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise InvalidRequest(f"`{path}` must be {_KINDS[kind]}.", path)
    return value


def required[T](parent: Json, name: str, kind: type[T], path: str = "") -> T:
    """Return a member that must be there; `path` is the parent's."""
    return as_kind(parent.get(name), kind, below(path, name))


def optional[T](parent: Json, name: str, kind: type[T], path: str = "") -> T | None:
    """Return a member that may be absent or null; `path` is the parent's."""
    value = parent.get(name)
    return None if value is None else as_kind(value, kind, below(path, name))


def filled(parent: Json, name: str, path: str = "") -> str:
    """Return a member that must be a string with more in it than white space."""
    value = parent.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequest(f"`{below(path, name)}` must be a string that is not empty.", below(path, name))
    return value


def number(parent: Json, name: str, path: str = "") -> float | None:
    """Return a number of at least 0, or None where there is none."""
    value = parent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise InvalidRequest(f"`{below(path, name)}` must be a number of at least 0.", below(path, name))
    return value


def count(parent: Json, name: str, path: str = "") -> int | None:
    """Return a whole number of at least 1 that Bedrock can read, or None where there is none."""
    value = parent.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1 or value != int(value):
        raise InvalidRequest(f"`{below(path, name)}` must be a whole number of at least 1.", below(path, name))
    if value > _MOST:
        raise InvalidRequest(f"`{below(path, name)}` must be at most {_MOST}.", below(path, name))
    return int(value)


def strings(value: object, path: str) -> list[str]:
    """Return a string or a list of strings as a list; null is an empty one."""
    listed = [value] if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise InvalidRequest(f"`{path}` must be a string or a list of strings.", path)
    return listed


def items(value: object, path: str) -> Iterator[tuple[Json, str]]:
    """Yield a list's objects with their paths; null is an empty list."""
    if value is None:
        return
    for index, item in enumerate(as_kind(value, list, path)):
        where = f"{path}[{index}]"
        yield as_kind(item, dict, where), where


def shown(value: object) -> str:
    """Show a short value; a long one might be a prompt."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST_SHOWN else f"a {type(value).__name__}"
