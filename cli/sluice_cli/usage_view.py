"""How what was used is shown. Money is US dollars; what has no known price is never shown as nothing."""

from typing import Any

from sluice.cost import dollars
from sluice.usage import COUNTS, Used

_COST = "cost_nano_usd"


def cost(used: Used) -> str | None:
    """Return the cost with all its digits, without what has no known price; None: nothing of it has one."""
    return None if used.unpriced_requests and not used.cost_nano_usd else dollars(used.cost_nano_usd)


def used_words(used: Used) -> str:
    """Say what was used in a line."""
    if not used.requests:
        return "nothing"
    tokens = used.input_tokens + used.output_tokens + used.cache_read_tokens + used.cache_write_tokens
    return f"{_counted(used.requests, 'request')}, {_counted(tokens, 'token')}, {_cost_words(used)}"


def used_object(used: Used) -> dict[str, Any]:
    """Return what was used as JSON has it: `cost_usd` is text, and null where nothing of it has a known price."""
    return {name: getattr(used, name) for name in COUNTS if name != _COST} | {"cost_usd": cost(used)}


def _cost_words(used: Used) -> str:
    known = cost(used)
    if known is None:
        return "at an unknown cost"
    rest = f" and {_counted(used.unpriced_requests, 'request')} of unknown cost" if used.unpriced_requests else ""
    return f"${known}{rest}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
