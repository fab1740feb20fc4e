"""The streams that run at the same time, in one item of the access table for each scope: a set with one text a stream.

A slot is one conditional update to take and one to give back, after the answer. A killed environment gives its slots
back by their time: each says until when its stream can last.
"""

from collections.abc import Callable

from sluice.access_items import slots_key

from gateway.aws.dynamodb import ConditionFailed, DynamoDB, Item, Update

# Clocks of environments may differ by so much.
_GRACE = 5


class NoSlotFree(Exception):
    """As many streams run as may; `wait` is seconds until it is worth asking again."""

    def __init__(self, limit: int, wait: int) -> None:
        super().__init__(str(limit))
        self.limit = limit
        self.wait = wait


class Slots:
    """The slots of all scopes. `clock` is epoch seconds."""

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock

    def take(self, scope: str, limit: int, name: str, until: float) -> str:
        """Take a slot for a stream of that name, which ends by then (epoch seconds), and return what gives it back.

        Raises:
            NoSlotFree: all are taken.
            StoreUnavailable: the table cannot be asked.
        """
        slot = f"{int(until) + _GRACE}|{name}"
        if limit <= 0:
            raise NoSlotFree(limit, 1)
        try:
            self._dynamodb.update(self._table, self._taking(scope, limit, slot))
        except ConditionFailed as error:
            if slot in _slots_in(error.item):
                # DynamoDB did not answer the first time, and took it all the same.
                return slot
            self._take_of_the_dead(scope, limit, slot, error.item)
        return slot

    def give_back(self, scope: str, slot: str) -> None:
        """Give a slot back. To do so twice is no harm.

        Raises:
            StoreUnavailable: the table cannot be asked.
        """
        self._dynamodb.update(self._table, self._removing(scope, [slot]))

    def _take_of_the_dead(self, scope: str, limit: int, slot: str, item: Item) -> None:
        dead = [other for other in _slots_in(item) if int(other.partition("|")[0]) <= self._clock()]
        if not dead:
            raise NoSlotFree(limit, 1)
        self._dynamodb.update(self._table, self._removing(scope, dead))
        try:
            self._dynamodb.update(self._table, self._taking(scope, limit, slot))
        except ConditionFailed as error:
            if slot not in _slots_in(error.item):
                raise NoSlotFree(limit, 1) from error

    def _taking(self, scope: str, limit: int, slot: str) -> Update:
        return Update(
            slots_key(scope),
            "ADD slots :slot",
            {":slot": {"SS": [slot]}, ":limit": {"N": str(limit)}},
            "attribute_not_exists(slots) OR size(slots) < :limit",
        )

    def _removing(self, scope: str, slots: list[str]) -> Update:
        return Update(slots_key(scope), "DELETE slots :slots", {":slots": {"SS": slots}})


def _slots_in(item: Item) -> list[str]:
    return list(item.get("slots", {}).get("SS", ()))
