"""What a caller may do, and how much of it. Pure: values as the access table holds them.

Money is whole nano-dollars (`sluice.cost`). None is no limit.
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from sluice.residency import ANYWHERE, Residency

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

AtLimit = Literal["block", "warn"]

# What a pattern for a provider begins with; any other is one for ids.
_PROVIDER = "provider:"


class Limits(NamedTuple):
    """How much: rates for a minute of the clock, `max_output_tokens` and `max_request_bytes` for one request."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_streams: int | None = None
    max_output_tokens: int | None = None
    max_request_bytes: int | None = None


class Budget(NamedTuple):
    """Nano-dollars for a day and a month of UTC, and what happens when they are spent: `block` or `warn`."""

    nano_usd_per_day: int | None = None
    nano_usd_per_month: int | None = None
    at_limit: AtLimit = "block"

    @property
    def is_set(self) -> bool:
        """Whether there is any budget."""
        return self.nano_usd_per_day is not None or self.nano_usd_per_month is not None


class Guardrail(NamedTuple):
    """A guardrail's id or ARN, and its version (a number or `DRAFT`)."""

    identifier: str
    version: str


NO_LIMITS = Limits()
NO_BUDGET = Budget()


class Policy(NamedTuple):
    """What one principal may do; an empty tuple allows everything.

    `allowed_models` are patterns with `*` and `?`, without regard to case: over ids, names and ARNs of models, or over
    providers (`provider:anthropic`). `allowed_dialects` and `allowed_operations` are the words of the gateway's routes.
    `guardrail` is put on every request, whatever the caller asks for. With `attribution` Bedrock is told the principal.
    """

    allowed_models: tuple[str, ...] = ()
    allowed_dialects: tuple[str, ...] = ()
    allowed_operations: tuple[str, ...] = ()
    residency: Residency = ANYWHERE
    limits: Limits = NO_LIMITS
    budget: Budget = NO_BUDGET
    guardrail: Guardrail | None = None
    attribution: bool = False

    def may_use(self, row: "ModelRow") -> bool:
        """Tell whether a row of the catalog may be listed and invoked."""
        return self.may_name((row.invoke_id, *names_of(row)), row.provider)

    def may_name(self, names: Iterable[str], provider: str = "") -> bool:
        """Tell whether a model of these names may be invoked: one of them matches one of the patterns."""
        if not self.allowed_models:
            return True
        lowered = [name.lower() for name in names if name]
        return any(
            fnmatchcase(provider.lower(), pattern.removeprefix(_PROVIDER))
            if pattern.startswith(_PROVIDER)
            else any(fnmatchcase(name, pattern) for name in lowered)
            for pattern in map(str.lower, self.allowed_models)
        )


EVERYTHING = Policy()


def names_of(row: "ModelRow") -> tuple[str, ...]:
    """Return the names of a row's model that patterns are held against, beside the one that is invoked."""
    # A prompt router leads to any of its models, and the one it falls back to is allowed for itself only.
    base = () if row.kind == "prompt-router" else (row.base_model_id,)
    return (row.model_id, row.arn, *base)


def policy_to_json(policy: Policy) -> str:
    """Return the policy as the access table holds it: JSON without what is not restricted; empty: everything."""
    value: dict[str, Any] = {}
    for name, member in policy._asdict().items():
        if member != getattr(EVERYTHING, name):
            value[name] = _json(member)
    return orjson.dumps(value).decode() if value else ""


def policy_from_json(text: str) -> Policy:
    """Read what `policy_to_json` wrote.

    Raises:
        ValueError: it holds what this version does not know. To pass over a restriction would be to lift it.
    """
    if not text:
        return EVERYTHING
    try:
        value = orjson.loads(text)
        return Policy(**{name: _READERS[name](member) for name, member in value.items()})
    except KeyError as error:
        raise ValueError(f"the policy cannot be read: {error} is not known here") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the policy cannot be read: {error}") from error


def _json(member: Any) -> Any:
    match member:
        case Residency():
            return list(member.words)
        case Limits() | Budget() | Guardrail():
            return {name: value for name, value in member._asdict().items() if value is not None}
        case _:
            return member


def _words(member: Any) -> tuple[str, ...]:
    # A text in a list's place would be read letter by letter, and one of them might be `*`.
    if not isinstance(member, list):
        raise TypeError(f"{member!r} is no list")
    return tuple(_text(word) for word in member)


def _text(member: Any) -> str:
    if not isinstance(member, str):
        raise TypeError(f"{member!r} is no text")
    return member


def _count(member: Any) -> int:
    if not isinstance(member, int) or isinstance(member, bool) or member < 0:
        raise TypeError(f"{member!r} is no whole number of at least 0")
    return member


def _flag(member: Any) -> bool:
    if not isinstance(member, bool):
        raise TypeError(f"{member!r} is neither true nor false")
    return member


def _budget(member: Any) -> Budget:
    at_limit = member.get("at_limit", NO_BUDGET.at_limit)
    if at_limit not in ("block", "warn"):
        # It would not be understood as a block.
        raise ValueError(f"at_limit is {at_limit!r}; it must be block or warn")
    return Budget(**{name: _count(value) for name, value in member.items() if name != "at_limit"}, at_limit=at_limit)


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "allowed_models": _words,
    "allowed_dialects": _words,
    "allowed_operations": _words,
    "residency": lambda member: Residency.parse(",".join(_words(member))),
    "limits": lambda member: Limits(**{name: _count(value) for name, value in member.items()}),
    "budget": _budget,
    "guardrail": lambda member: Guardrail(**{name: _text(value) for name, value in member.items()}),
    "attribution": _flag,
}
