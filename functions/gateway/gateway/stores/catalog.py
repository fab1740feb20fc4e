"""The model catalog from its table, remembered for a short time."""

from collections.abc import Callable
from dataclasses import replace

from sluice.catalog import Catalog
from sluice.catalog_items import (
    POINTER_KEY,
    BrokenSnapshot,
    Pointer,
    decode_snapshot,
    pointer_from_item,
    snapshot_partition,
)
from sluice.model_row import ModelRow

from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable

FRESH_SECONDS = 60.0
# How long a table that did not answer is left alone: each look would wait for seconds.
RETRY_SECONDS = 5.0


class CatalogStore:
    """Holds the current catalog: one read while nothing changed, one query more when it did.

    An outage of the table leaves the last catalog in use.
    """

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._catalog: Catalog | None = None
        self._was_read = False
        self._fresh_until = float("-inf")

    def catalog(self) -> Catalog | None:
        """Return the current catalog; None: none was published yet, or the last one has expired.

        Raises:
            StoreUnavailable: the table cannot be read, and never was.
        """
        now = self._clock()
        # A clock that was set back must not keep the catalog for ever.
        if not 0 < self._fresh_until - now <= FRESH_SECONDS:
            self._renew(now)
        catalog = self._catalog
        return catalog if catalog and catalog.times.expires_at > now else None

    def models(self) -> list[ModelRow]:
        """Return what model lists show, in its order.

        Raises:
            StoreUnavailable: as `catalog`.
        """
        catalog = self.catalog()
        return catalog.listed() if catalog else []

    def _renew(self, now: float) -> None:
        try:
            self._catalog = self._read(now)
        except (StoreUnavailable, BrokenSnapshot) as error:
            if not self._was_read:
                raise StoreUnavailable("The model catalog cannot be read right now. Try again in a moment.") from error
            self._fresh_until = self._clock() + RETRY_SECONDS
        else:
            self._was_read = True
            self._fresh_until = now + FRESH_SECONDS

    def _read(self, now: float) -> Catalog | None:
        pointer = pointer_from_item(self._dynamodb.get_item(self._table, POINTER_KEY), now)
        if pointer is None:
            return None
        if self._catalog and self._catalog.snapshot_id == pointer.snapshot_id:
            return replace(self._catalog, times=pointer.times, failed_at=pointer.failed_at)
        return self._snapshot(pointer, now)

    def _snapshot(self, pointer: Pointer, now: float) -> Catalog:
        return decode_snapshot(pointer, self._dynamodb.query(self._table, snapshot_partition(pointer.snapshot_id)), now)
