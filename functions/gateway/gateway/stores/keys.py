"""API keys from the access table, remembered for a short time."""

from collections import OrderedDict
from collections.abc import Callable

from sluice.keys import KeyRow, from_item, key_of

from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable

# A disabled key stops working everywhere within this time.
FRESH_SECONDS = 30.0
# How long a known key lives on while the table cannot be read. Unknown keys are refused at once.
OUTAGE_SECONDS = 300.0
# How long a table that did not answer is left alone by requests whose key is known: each would wait for seconds.
RETRY_SECONDS = 5.0
_MAX_REMEMBERED = 4_096


class KeyStore:
    """Looks keys up by id. Ids that do not exist are remembered too, in a bounded memory."""

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._known: OrderedDict[str, tuple[KeyRow | None, float]] = OrderedDict()
        self._failed_at = float("-inf")

    def find(self, key_id: str) -> KeyRow | None:
        """Return the key's row, at most 30 seconds old; None: there is no such key.

        Raises:
            StoreUnavailable: the table cannot be read, and the key was not seen in the last five minutes.
        """
        now = self._clock()
        row, read_at = self._known.get(key_id, (None, float("-inf")))
        if 0 <= now - read_at < FRESH_SECONDS:
            return row
        may_be_stale = row is not None and 0 <= now - read_at < OUTAGE_SECONDS
        if may_be_stale and 0 <= now - self._failed_at < RETRY_SECONDS:
            return row
        try:
            item = self._dynamodb.get_item(self._table, key_of(key_id))
        except StoreUnavailable as error:
            self._failed_at = self._clock()
            if may_be_stale:
                return row
            raise StoreUnavailable("Your API key cannot be checked right now. Try again in a moment.") from error
        return self._remember(key_id, from_item(item) if item else None, now)

    def _remember(self, key_id: str, row: KeyRow | None, now: float) -> KeyRow | None:
        self._known[key_id] = (row, now)
        self._known.move_to_end(key_id)
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)
        return row
