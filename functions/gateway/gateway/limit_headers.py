"""How an answer tells its cost and the caller's limits, in headers that the SDKs of its dialect know. Pure.

https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
https://docs.claude.com/en/api/rate-limits#response-headers
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

COST_HEADER = "x-sluice-cost-usd"
OVER_BUDGET_HEADER = "x-sluice-over-budget"


class Standing(NamedTuple):
    """How one rate stands in the current minute; `resets_in` is seconds."""

    limit: int
    remaining: int
    resets_in: int


def limit_headers(dialect: str, standings: Mapping[str, Standing], now: float) -> dict[str, str]:
    """Return the headers for rates by what they count (`requests`, `tokens`); AWS's SDKs know none."""
    match dialect:
        case "openai":
            return {
                name: value for counter, standing in standings.items() for name, value in _openai(counter, standing)
            }
        case "anthropic":
            return {
                name: value
                for counter, standing in standings.items()
                for name, value in _anthropic(counter, standing, now)
            }
        case _:
            return {}


def _openai(counter: str, standing: Standing) -> tuple[tuple[str, str], ...]:
    return (
        (f"x-ratelimit-limit-{counter}", str(standing.limit)),
        (f"x-ratelimit-remaining-{counter}", str(standing.remaining)),
        (f"x-ratelimit-reset-{counter}", f"{standing.resets_in}s"),
    )


def _anthropic(counter: str, standing: Standing, now: float) -> tuple[tuple[str, str], ...]:
    resets_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + standing.resets_in))
    return (
        (f"anthropic-ratelimit-{counter}-limit", str(standing.limit)),
        (f"anthropic-ratelimit-{counter}-remaining", str(standing.remaining)),
        (f"anthropic-ratelimit-{counter}-reset", resets_at),
    )
