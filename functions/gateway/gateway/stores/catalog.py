"""The model catalog from its table, remembered for a short time."""

import time
from collections.abc import Callable

from sluice.catalog import Catalog
from sluice.catalog_items import (
    POINTER_KEY,
    BrokenSnapshot,
    Pointer,
    decode_snapshot,
    pointer_from_item,
    snapshot_partition,
)

from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable
from gateway.stores.refreshing import WAIT_SECONDS, Refreshing

FRESH_SECONDS = 60.0
# An empty table is about to be filled.
EMPTY_SECONDS = 5.0
# How long a table that did not answer is left alone: each look would wait for seconds.
RETRY_SECONDS = 5.0
# How often the table is looked at while somebody else refreshes.
_LOOK_SECONDS = 0.5


class CatalogStore:
    """Holds the current catalog: one read while nothing changed, one query more when it did.

    An outage of the table leaves the last catalog in use. Where nothing was discovered, a refresh is asked for, and
    well-known models of `region` stand in until it has published. `is_live`: the operator wants nothing cached.
    """

    def __init__(
        self,
        dynamodb: DynamoDB,
        table: str,
        clock: Callable[[], float],
        region: str,
        refreshing: Refreshing,
        *,
        is_live: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._region = region
        self._refreshing = refreshing
        self._is_live = is_live
        self._sleep = sleep
        self._seed: Catalog | None = None
        self._catalog: Catalog | None = None
        self._was_read = False
        self._fresh_until = float("-inf")

    def catalog(self) -> Catalog:
        """Return the current catalog for a request that names a model, which waits for no refresh.

        Raises:
            StoreUnavailable: the table cannot be read, and never was.
        """
        if catalog := self._current():
            return catalog
        self._refreshing.begin()
        return self._stand_in()

    def catalog_to_list(self) -> Catalog:
        """Return the current catalog for a list, which waits for a refresh where there is none or nothing is cached.

        Raises:
            StoreUnavailable: as `catalog`.
        """
        catalog = self._current()
        if catalog is None or self._must_be_renewed(catalog):
            self._refresh(catalog)
            catalog = self._current()
        return catalog or self._stand_in()

    def stale_age(self) -> int | None:
        """Return how many seconds old the catalog in memory is, where a newer one should be there; it reads nothing."""
        now, catalog = self._clock(), self._catalog
        return int(now) - catalog.times.started_at if catalog and catalog.is_stale(now) else None

    def _current(self) -> Catalog | None:
        """Return the catalog of the table; None: none was published yet, or the last one has expired."""
        now = self._clock()
        # A clock that was set back must not keep the catalog for ever.
        if not 0 < self._fresh_until - now <= FRESH_SECONDS:
            self._renew(now)
        catalog = self._catalog
        return None if catalog is None or catalog.times.have_expired(now) else catalog

    def _must_be_renewed(self, catalog: Catalog) -> bool:
        # With an interval of 0 no clock has to agree that the catalog is stale.
        return catalog.times.refresh_interval == 0 or (self._is_live and catalog.is_stale(self._clock()))

    def _refresh(self, last: Catalog | None) -> None:
        """Have the catalog refreshed, or wait until whoever is at it already has published."""
        until = self._clock() + WAIT_SECONDS
        is_busy = self._refreshing.run() == "busy"
        self._look_again()
        while is_busy and self._current() in (None, last) and self._clock() < until:
            self._sleep(_LOOK_SECONDS)
            self._look_again()

    def _look_again(self) -> None:
        self._fresh_until = float("-inf")

    def _stand_in(self) -> Catalog:
        if self._seed is None:
            # Few environments meet an empty table.
            from sluice.model_seed import seed_catalog

            self._seed = seed_catalog(self._region)
        return self._seed

    def _renew(self, now: float) -> None:
        try:
            self._catalog = self._read(now)
        except (StoreUnavailable, BrokenSnapshot) as error:
            if not self._was_read:
                raise StoreUnavailable("The model catalog cannot be read right now. Try again in a moment.") from error
            self._fresh_until = self._clock() + RETRY_SECONDS
        else:
            self._was_read = True
            self._fresh_until = now + (FRESH_SECONDS if self._catalog else EMPTY_SECONDS)

    def _read(self, now: float) -> Catalog | None:
        pointer = pointer_from_item(self._dynamodb.get_item(self._table, POINTER_KEY))
        if pointer is None or pointer.times.have_expired(now):
            return None
        if self._catalog and self._catalog.snapshot_id == pointer.snapshot_id:
            return self._catalog._replace(times=pointer.times, failed_at=pointer.failed_at)
        return self._snapshot(pointer, now)

    def _snapshot(self, pointer: Pointer, now: float) -> Catalog:
        return decode_snapshot(pointer, self._dynamodb.query(self._table, snapshot_partition(pointer.snapshot_id)), now)
