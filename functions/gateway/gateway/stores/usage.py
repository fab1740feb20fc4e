"""What callers used, added up in the access table: one update for each request, after its answer."""

from collections.abc import Callable

from sluice.access_items import day_of, usage_expires_at, usage_key, usage_partition
from sluice.usage import COUNTS, UsageRow, Used, usage_from_item

from gateway.aws.dynamodb import DynamoDB, Item, Update

# What could not be written waits for the next request, up to so many.
_MOST_PENDING = 256


class UsageLog:
    """Adds to the rows of usage, each request once. `clock` is epoch seconds."""

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._pending: list[tuple[Update, str]] = []

    def add(self, caller: str, model: str, used: Used, token: str) -> None:
        """Add what a request used; `token` (36 characters at most) tells it from all others.

        Raises:
            StoreUnavailable: the table cannot be asked. What was used waits for the next request of this environment.
        """
        now = self._clock()
        self._pending.append((_adding(usage_key(caller, day_of(now), model), used, usage_expires_at(now)), token))
        del self._pending[:-_MOST_PENDING]
        while self._pending:
            self._dynamodb.update_once(self._table, *self._pending[0])
            del self._pending[0]

    def rows(self, caller: str, month: str) -> list[UsageRow]:
        """Return what a caller used in a month (`2026-11`), by day and model.

        Raises:
            StoreUnavailable: the table cannot be asked.
        """
        return [usage_from_item(item) for item in self._dynamodb.query(self._table, usage_partition(caller), month)]


def _adding(key: Item, used: Used, expires_at: int) -> Update:
    counts = {name: amount for name in COUNTS if (amount := getattr(used, name))}
    added = ", ".join(f"#{name} :{name}" for name in counts)
    return Update(
        key,
        f"ADD {added} SET expires_at = :expires_at",
        {":expires_at": {"N": str(expires_at)}, **{f":{name}": {"N": str(amount)} for name, amount in counts.items()}},
        names={f"#{name}": name for name in counts},
    )
