"""What a caller may do, and how much of it. Pure: values as the access table holds them.

Money is whole nano-dollars (`sluice.cost`). None is no limit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

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
