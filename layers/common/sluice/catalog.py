"""The catalog: what one refresh found, as a reader has it. How it lies in DynamoDB is in catalog_items.py."""

from collections.abc import Sequence
from typing import NamedTuple

from sluice.model_row import ModelRow

# A catalog outlives many failed refreshes: clients would rather have an old one than none.
SHORTEST_LIFE = 7 * 24 * 3600
LIFE_IN_INTERVALS = 10


class Times(NamedTuple):
    """When a refresh began, and what follows from its interval. Epoch seconds, and seconds."""

    started_at: int
    refresh_interval: int

    @property
    def stale_at(self) -> int:
        """When the next refresh should have published; at once with an interval of 0, where nothing is cached."""
        return self.started_at + self.refresh_interval

    @property
    def expires_at(self) -> int:
        """When the catalog stops counting: DynamoDB's TTL, and what readers go by, since TTL deletes days late."""
        return self.started_at + max(SHORTEST_LIFE, LIFE_IN_INTERVALS * self.refresh_interval)

    def have_expired(self, now: float) -> bool:
        """Tell whether the catalog counts no more, whether or not it is still there."""
        return self.expires_at <= now


class Catalog(NamedTuple):
    """One published snapshot. `rows` are in the order of model lists, those of the first region first.

    `primary_model` is the operator's choice for agents, as his file names it; empty: none. `failed_at` is when the
    latest refresh failed, 0: it did not. `is_seed`: nothing was discovered, and these are well-known models
    (sluice/model_seed.py).
    """

    snapshot_id: str
    times: Times
    rows: Sequence[ModelRow]
    primary_model: str = ""
    failed_at: int = 0
    is_seed: bool = False

    def is_stale(self, now: float) -> bool:
        """Whether a newer catalog should be there: its time is over, or the latest refresh failed."""
        return now >= self.times.stale_at or self.failed_at > self.times.started_at

    def listed(self) -> list[ModelRow]:
        """Return the rows that model lists show, each id once: the first region that has it."""
        found: dict[str, ModelRow] = {}
        for row in self.rows:
            if row.listed:
                found.setdefault(row.model_id.lower(), row)
        return list(found.values())
