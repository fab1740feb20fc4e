"""The model catalog from its table, remembered for a short time."""

from collections.abc import Callable

from sluice.catalog import ModelRow, from_item, live_rows, partition_of

from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable

FRESH_SECONDS = 60.0


class CatalogStore:
    """Lists the models of the region. An outage of the table leaves the last catalog in use."""

    def __init__(self, dynamodb: DynamoDB, table: str, region: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._partition = partition_of(region)
        self._clock = clock
        self._rows: list[ModelRow] | None = None
        self._read_at = float("-inf")

    def models(self) -> list[ModelRow]:
        """Return the live rows, sorted by id.

        Raises:
            StoreUnavailable: the table cannot be read, and never was.
        """
        now = self._clock()
        if self._rows is None or now - self._read_at >= FRESH_SECONDS:
            self._rows = self._read(now)
        return live_rows(self._rows, now)

    def _read(self, now: float) -> list[ModelRow]:
        try:
            items = self._dynamodb.query(self._table, self._partition)
        except StoreUnavailable as error:
            if self._rows is None:
                raise StoreUnavailable("The model catalog cannot be read right now. Try again in a moment.") from error
            return self._rows
        self._read_at = now
        return sorted((from_item(item) for item in items), key=lambda row: row.model_id)
