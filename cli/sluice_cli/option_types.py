"""What the values of options must look like, and what is made of them."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import click
from sluice.cost import NANO_USD
from sluice.policy import Guardrail
from sluice.residency import Residency

# A label in lists and logs; one line of it is enough.
LONGEST_LABEL = 64
_LONGEST_TAG = 256

# Fifteen digits stand for any limit, and fit into every reader's integers; so does a budget in nano-dollars.
_COUNT = re.compile(r"[0-9]{1,15}", re.ASCII)
_DOLLARS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
_MODEL_PATTERN = re.compile(r"(?i:provider:)[\w .*?&-]+|(?!(?i:provider:))[A-Za-z0-9._:/@*?-]+", re.ASCII)
_GUARDRAIL = re.compile(
    r"([a-z0-9]+|arn:aws(?:-[a-z-]+)?:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+):(DRAFT|[1-9][0-9]{0,7})",
    re.ASCII,
)


class Read(click.ParamType[Any]):
    """A value that a function reads, whose ValueError says what is wrong."""

    def __init__(self, name: str, read: Callable[[str], Any]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text, or fail with what the function said."""
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


def label(text: str) -> str:
    """Read a name: one line that does not spoil a list."""
    name = text.strip()
    if not name or len(name) > LONGEST_LABEL or not name.isprintable():
        raise ValueError(f"must be 1 to {LONGEST_LABEL} printable characters")
    return name


def tag(text: str) -> tuple[str, str]:
    """Read `name=value`."""
    name, equals, value = text.partition("=")
    if not name.strip() or not equals or len(text) > _LONGEST_TAG or not text.isprintable():
        raise ValueError(f"must be like team=search, {_LONGEST_TAG} printable characters at most")
    return name.strip(), value.strip()


def count(text: str) -> int:
    """Read a whole number above 0."""
    if not _COUNT.fullmatch(text) or int(text) == 0:
        raise ValueError(f"{text!r} is no whole number above 0")
    return int(text)


def nano_usd(text: str) -> int:
    """Read an amount of US dollars, like `12.50`, as whole nano-dollars."""
    if not _DOLLARS.fullmatch(text) or Decimal(text) == 0:
        raise ValueError(f"{text!r} is no amount of dollars above 0, like 12.50, with nine decimals at most")
    return int(Decimal(text) * NANO_USD)


def model_pattern(text: str) -> str:
    """Read a pattern over models or providers."""
    if not _MODEL_PATTERN.fullmatch(text):
        raise ValueError(f"{text!r} is no pattern over model ids; write it like anthropic.* or provider:anthropic")
    return text


def residency(text: str) -> Residency:
    """Read geographies and regions, separated by commas."""
    found = Residency.parse(text)
    if not found.words:
        raise ValueError("no region is named")
    return found


def guardrail(text: str) -> Guardrail:
    """Read `ID:VERSION`; the id may be an ARN."""
    match = _GUARDRAIL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a guardrail's id or ARN, a colon, and its version (a number or DRAFT)")
    return Guardrail(match[1], match[2])
