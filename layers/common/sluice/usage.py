"""What a caller used of a model on a day: the row in the access table, and its reading.

Written by the gateway with one update for each request, read by `sluice usage` and `GET /v1/usage`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Used(NamedTuple):
    """Counts of requests and tokens. Money is nano-dollars, of the requests whose price is known.

    `unpriced_requests`: their price is not known, so the cost is without them. `estimated_requests`: Bedrock did not
    say what they used, so their tokens are an estimate.
    """

    requests: int = 0
    failed_requests: int = 0
    estimated_requests: int = 0
    unpriced_requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_nano_usd: int = 0

    @property
    def known_cost_nano_usd(self) -> int | None:
        """What is known of the cost; None: nothing of it is, which is never the same as nothing."""
        return None if self.unpriced_requests and not self.cost_nano_usd else self.cost_nano_usd


COUNTS = Used._fields


class UsageRow(NamedTuple):
    """A caller's use of one model on one day of UTC; `caller` is a key's id or an ARN."""

    caller: str
    day: str
    model: str
    used: Used


def total(uses: Iterable[Used]) -> Used:
    """Return all together."""
    return Used(*map(sum, zip(*uses, strict=True)))


def usage_from_item(item: Mapping[str, Any]) -> UsageRow:
    """Read a DynamoDB item of attribute values."""
    day, _, model = item["sk"]["S"].partition("#")
    counts = {name: int(item[name]["N"]) for name in COUNTS if name in item}
    return UsageRow(item["pk"]["S"].removeprefix("USAGE#"), day, model, Used(**counts))
