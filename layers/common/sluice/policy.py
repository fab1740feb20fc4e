"""What a caller may do, and how much of it. Pure: values as the access table holds them.

Money is whole nano-dollars (`sluice.cost`). None is no limit.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

import orjson

from sluice.residency import ANYWHERE, Residency

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

AtLimit = Literal["block", "warn"]

# What a pattern for a provider begins with; any other is one for ids.
_PROVIDER = "provider:"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much: rates for a minute of the clock, `max_output_tokens` and `max_request_bytes` for one request."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrent_streams: int | None = None
    max_output_tokens: int | None = None
    max_request_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """Nano-dollars for a day and a month of UTC, and what happens when they are spent: `block` or `warn`."""

    nano_usd_per_day: int | None = None
    nano_usd_per_month: int | None = None
    at_limit: AtLimit = "block"

    def __post_init__(self) -> None:
        """Refuse what would not be understood as a block."""
        if self.at_limit not in ("block", "warn"):
            raise ValueError(f"at_limit is {self.at_limit!r}; it must be block or warn")

    @property
    def is_set(self) -> bool:
        """Whether there is any budget."""
        return self.nano_usd_per_day is not None or self.nano_usd_per_month is not None


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A guardrail's id or ARN, and its version (a number or `DRAFT`)."""

    identifier: str
    version: str


NO_LIMITS = Limits()
NO_BUDGET = Budget()


@dataclass(frozen=True, slots=True)
class Policy:
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
        if not self.allowed_models:
            return True
        return self.may_name((row.model_id, row.base_model_id, row.invoke_id, row.arn), row.provider)

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


def policy_to_json(policy: Policy) -> str:
    """Return the policy as the access table holds it: JSON without what is not restricted; empty: everything."""
    value: dict[str, Any] = {}
    for field in fields(Policy):
        member = getattr(policy, field.name)
        if member != getattr(EVERYTHING, field.name):
            value[field.name] = _json(member)
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
        members = {name: _READERS.get(name, _plain)(member) for name, member in value.items()}
        return Policy(**members)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the policy cannot be read: {error}") from error


def _json(member: Any) -> Any:
    match member:
        case Residency():
            return list(member.words)
        case Limits() | Budget() | Guardrail():
            return {field.name: value for field in fields(member) if (value := getattr(member, field.name)) is not None}
        case _:
            return member


def _plain(member: Any) -> Any:
    return tuple(member) if isinstance(member, list) else member


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "residency": lambda words: Residency.parse(",".join(words)),
    "limits": lambda member: Limits(**member),
    "budget": lambda member: Budget(**member),
    "guardrail": lambda member: Guardrail(**member),
}
