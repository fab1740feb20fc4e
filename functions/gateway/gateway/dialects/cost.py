"""What a reply's `usage` says of its cost, in every dialect that has a `usage`. No SDK knows it; all let it pass."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.bedrock.grammar import Usage

_NANO_USD = 1_000_000_000


def cost_json(nano_usd: int | None) -> dict[str, Any]:
    """Return the member of `usage`: US dollars, or null where the price is not known."""
    return {"cost_usd": None if nano_usd is None else nano_usd / _NANO_USD}


def not_told(_: "Usage") -> dict[str, Any]:
    """Return nothing to say of the cost."""
    return {}
