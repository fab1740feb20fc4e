"""How one sum of what was used is shown. What has no known price is never shown as nothing."""

from typing import Any

from sluice.cost import NANO_USD, dollars
from sluice.usage import COUNTS, Used

_COST = "cost_nano_usd"


def used_words(used: Used) -> str:
    """Say what was used in a line."""
    if not used.requests:
        return "nothing"
    tokens = used.input_tokens + used.output_tokens + used.cache_read_tokens + used.cache_write_tokens
    return f"{counted(used.requests, 'request')}, {counted(tokens, 'token')}, {_cost_words(used)}"


def used_object(used: Used) -> dict[str, Any]:
    """Return what was used as JSON has it: `cost_usd` is null where nothing of it is known."""
    known = used.known_cost_nano_usd
    counts = {name: getattr(used, name) for name in COUNTS if name != _COST}
    return counts | {"cost_usd": None if known is None else known / NANO_USD}


def counted(count: int, word: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _cost_words(used: Used) -> str:
    known = used.known_cost_nano_usd
    if known is None:
        return "at an unknown cost"
    rest = f" and {counted(used.unpriced_requests, 'request')} of unknown cost" if used.unpriced_requests else ""
    return f"${dollars(known)}{rest}"
