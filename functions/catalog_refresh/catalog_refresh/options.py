"""What an operator can say about discovery: OpenClaw's `models.bedrockDiscovery`, from the function's variables.

https://docs.openclaw.ai/providers/bedrock
"""

import math
from collections.abc import Iterable, Mapping
from copy import replace
from dataclasses import dataclass
from typing import Any

from sluice.model_row import DEFAULT_CONTEXT_WINDOW, DEFAULT_MAX_TOKENS

DEFAULT_REFRESH_INTERVAL = 3600


@dataclass(frozen=True, slots=True)
class DiscoveryOptions:
    """OpenClaw's six options, normalised. `enabled` None: where there are credentials. No `regions`: the SDK's own.

    `provider_filter` is lower-case; empty: every provider.
    """

    enabled: bool | None = None
    regions: tuple[str, ...] = ()
    provider_filter: tuple[str, ...] = ()
    refresh_interval: int = DEFAULT_REFRESH_INTERVAL
    default_context_window: int = DEFAULT_CONTEXT_WINDOW
    default_max_tokens: int = DEFAULT_MAX_TOKENS


def with_file_options(options: DiscoveryOptions, given: Mapping[str, Any]) -> DiscoveryOptions:
    """Return the options with those of the configuration file in their place, key by key.

    `given` has OpenClaw's names and types, as config_file.py checked them.
    """
    changes = {field: normalise(given[key]) for key, (field, normalise) in _FILE_OPTIONS.items() if key in given}
    return replace(options, **changes)


def names(values: str | Iterable[str]) -> tuple[str, ...]:
    """Split at commas if need be; drop blanks and repetitions."""
    parts = values.split(",") if isinstance(values, str) else values
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def normalised_filter(values: str | Iterable[str]) -> tuple[str, ...]:
    """Bring a provider filter to the form in which it is compared: lower-case, sorted."""
    return tuple(sorted({name.lower() for name in names(values)}))


def _interval(value: float) -> int:
    return max(0, math.floor(value))


def _positive(default: int) -> Any:
    """OpenClaw's own: what is not above zero after rounding down is the default."""
    return lambda value: math.floor(value) if math.floor(value) > 0 else default


_FILE_OPTIONS: Mapping[str, tuple[str, Any]] = {
    "enabled": ("enabled", bool),
    "region": ("regions", names),
    "providerFilter": ("provider_filter", normalised_filter),
    "refreshInterval": ("refresh_interval", _interval),
    "defaultContextWindow": ("default_context_window", _positive(DEFAULT_CONTEXT_WINDOW)),
    "defaultMaxTokens": ("default_max_tokens", _positive(DEFAULT_MAX_TOKENS)),
}
