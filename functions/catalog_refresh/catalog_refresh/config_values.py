"""Values of the configuration file that know their line and key, so that a message can name both."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from json5_document import Node


class ConfigError(Exception):
    """The configuration file is wrong; the message names the file, the line and the key."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value, or a place where there is none (then it is false): `node` is None."""

    file: str
    path: str
    node: Node | None
    text: str

    def __bool__(self) -> bool:
        return self.node is not None and self.node.value is not None

    @property
    def value(self) -> Any:
        """The value in Python's types; None where there is none."""
        return self.node.value if self.node else None

    def keys(self) -> Set[str]:
        """Return the names of an object's members."""
        return self.value.keys() if isinstance(self.value, dict) else set()

    def member(self, *names: str) -> "Value":
        """Follow the names into objects.

        Raises:
            ConfigError: something on the way is no object.
        """
        found = self
        for name in names:
            found = found.own_member(name)
        return found

    def own_member(self, name: str) -> "Value":
        """Return one member of this object."""
        path = f"{self.path}.{name}" if self.path else name
        if not self:
            return Value(self.file, path, None, self.text)
        if self.node is None or not isinstance(self.value, dict):
            raise self.error("must be an object")
        members = dict(zip(self.value, self.node.children, strict=True))
        return Value(self.file, path, members.get(name), self.text)

    def items(self) -> Sequence["Value"]:
        """Return a list's values.

        Raises:
            ConfigError: it is no list.
        """
        if not self:
            return ()
        if self.node is None or not isinstance(self.value, list):
            raise self.error("must be a list")
        return [
            Value(self.file, f"{self.path}[{index}]", node, self.text) for index, node in enumerate(self.node.children)
        ]

    def error(self, what: str) -> ConfigError:
        """Return the error that says what is wrong here."""
        return ConfigError(f"{self.where()}: {self.path or 'the file'} {what}")

    def where(self) -> str:
        """Return file and line."""
        start = self.node.start if self.node else 0
        return f"{self.file} line {self.text.count('\n', 0, start) + 1}"


def checked(value: Value, kinds: str | Mapping[str, str]) -> Any:
    """Return a value of a kind (a word of `_KINDS`), or the members that an object may have, each of its kind.

    Raises:
        ConfigError: it is of another kind.
    """
    if isinstance(kinds, str):
        if not _KINDS[kinds](value.value):
            raise value.error(f"must be {kinds}")
        return value.value
    return {name: checked(member, kind) for name, kind in kinds.items() if (member := value.member(name))}


def unknown_members(value: Value, known: Mapping[str, str]) -> Iterator[str]:
    """Say of each member that is not known that it has no effect."""
    for name in sorted(value.keys() - known.keys()):
        member = value.member(name)
        yield f"{member.where()}: {member.path} is not known here and has no effect"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "true or false": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "a list of texts": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "a number": _is_number,
    "a number, 0 or more": lambda value: _is_number(value) and value >= 0,
    "a number above 0": lambda value: _is_number(value) and value >= 1,
    "an object": lambda value: isinstance(value, dict),
}
