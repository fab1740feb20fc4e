"""What a request costs, by the prices of its catalog row. Pure.

Money is whole nano-dollars (1 US dollar is 10**9). None is unknown, which is never the same as nothing.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sluice.model_row import ModelRow, Price

NANO_USD = 1_000_000_000

# Prices have six decimals at most, in US dollars for a million tokens: a millionth of that, for one token, is a whole
# number of pico-dollars. So nothing is ever rounded before the end.
_PICO_FOR_ONE = 1_000_000
_PICO_IN_NANO = 1_000


class TokenCounts(Protocol):
    """Tokens as Bedrock counts them."""

    @property
    def input_tokens(self) -> int:
        """What went in and was neither read from the cache nor written to it."""

    @property
    def output_tokens(self) -> int:
        """What came out, reasoning included."""

    @property
    def cache_read_tokens(self) -> int:
        """What the cache already held."""

    @property
    def cache_write_tokens(self) -> int:
        """What went in and was kept."""

    @property
    def cache_writes_by_ttl(self) -> tuple[tuple[str, int], ...]:
        """All of the cache writes, split: (`5m` or `1h`, tokens); or empty: for five minutes."""


def cost_of(row: "ModelRow", usage: TokenCounts, tier: str = "default") -> int | None:
    """Return what was used costs, in nano-dollars, rounded up; None: something of it has no known price.

    `row` is that of what was invoked: its prices are those of its profile and its region. `tier` is Bedrock's service
    tier (`default`, `flex`, `priority`, `reserved`). Which rule applies is decided by all that went in, cached or not.
    """
    prompt_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    price = row.price(tier, prompt_tokens)
    if price is None:
        return None
    an_hour = sum(tokens for ttl, tokens in usage.cache_writes_by_ttl if ttl == "1h")
    return _total(
        (usage.input_tokens, price.input),
        (usage.output_tokens, price.output),
        (usage.cache_read_tokens, _apart(price.cache_read, price)),
        (usage.cache_write_tokens - an_hour, _apart(price.cache_write, price)),
        (an_hour, price.cache_write_1h),
    )


def estimate_of(
    row: "ModelRow", input_tokens: int, output_tokens: int, tier: str = "default", *, writes_cache: bool = True
) -> int | None:
    """Return the most that so many tokens may cost, in nano-dollars, rounded up; None: the price is not known.

    `writes_cache`: the input may be written to the prompt cache, which costs more than to have it read.
    """
    price = row.price(tier, input_tokens)
    if price is None or price.input is None:
        return None
    writes = (price.cache_write or 0, price.cache_write_1h or 0) if writes_cache else ()
    return _total((input_tokens, max(price.input, *writes) if writes else price.input), (output_tokens, price.output))


def dollars(nano_usd: int) -> str:
    """Spell an amount in US dollars with all its digits: `0.0123`."""
    sign = "-" if nano_usd < 0 else ""
    whole, fraction = divmod(abs(nano_usd), NANO_USD)
    return f"{sign}{whole}.{fraction:09}".rstrip("0").removesuffix(".")


def _apart(price: float | None, rule: "Price") -> float | None:
    """What is not priced apart is input like any other (Nova writes its cache at the price of input)."""
    return rule.input if price is None else price


def _total(*parts: tuple[int, float | None]) -> int | None:
    pico = 0
    for tokens, price in parts:
        if tokens and price is None:
            return None
        pico += tokens * round((price or 0) * _PICO_FOR_ONE)
    return -(-pico // _PICO_IN_NANO)
