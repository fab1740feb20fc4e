"""Requests and tokens of a minute, counted by all environments in one item of the access table for each scope.

An environment leases a slice of the minute with one conditional update and serves requests from it without another. A
slice is what the environment has used in this minute already, and never more than an eighth of what is left: so it
grows with the traffic, is exact near the limit, and what an environment leaves unused is gone with the minute.
"""

from collections.abc import Callable, Mapping

from sluice.access_items import rate_expires_at, rate_key

from gateway.aws.dynamodb import ConditionFailed, DynamoDB, Item, Update
from gateway.limit_headers import Standing

REQUESTS, TOKENS = "requests", "tokens"
_SLICE_OF_THE_REST = 8


class LimitReached(Exception):
    """A minute has not enough left. `counter` is which, `limit` is all that it had, `wait` is seconds to its end."""

    def __init__(self, counter: str, limit: int, wait: int) -> None:
        super().__init__(f"{counter}: {limit}")
        self.counter = counter
        self.limit = limit
        self.wait = wait


class _Counter:
    """One counter of a minute: what this environment holds and has used, what all have taken when last seen."""

    def __init__(self) -> None:
        self.held = 0
        self.used = 0
        self.taken = 0


class _Minute:
    def __init__(self) -> None:
        self.counters = {REQUESTS: _Counter(), TOKENS: _Counter()}


class Rates:
    """The rates of all scopes, as far as this environment has met them. `clock` is epoch seconds."""

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float]) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._minute = 0
        self._scopes: dict[str, _Minute] = {}

    def take(self, scope: str, limits: Mapping[str, int], wanted: Mapping[str, int]) -> int:
        """Take from the current minute, all or nothing, and return which minute that is.

        `limits` and `wanted` are by counter; a counter without a limit is not counted.

        Raises:
            LimitReached: not enough is left.
            StoreUnavailable: a slice is needed, and the table cannot be asked.
        """
        counters = self._current(scope).counters
        wanted = {name: amount for name, amount in wanted.items() if name in limits and amount}
        missing = {
            name: amount - counters[name].held for name, amount in wanted.items() if amount > counters[name].held
        }
        if missing:
            self._lease(scope, limits, missing)
        for name, amount in wanted.items():
            counters[name].held -= amount
            counters[name].used += amount
        return self._minute

    def settle(self, scope: str, limits: Mapping[str, int], minute: int, reserved: int, used: int) -> None:
        """Correct the tokens that were taken for a request by what it used, as long as their minute lasts.

        What this environment will not need soon goes back to the others.

        Raises:
            StoreUnavailable: the table cannot be asked.
        """
        if TOKENS not in limits or minute != int(self._clock()) // 60 or minute != self._minute:
            return
        counter = self._current(scope).counters[TOKENS]
        counter.held += reserved - used
        counter.used += used - reserved
        keep = max(0, min(counter.held, counter.used, (limits[TOKENS] - counter.taken) // _SLICE_OF_THE_REST))
        more = keep - counter.held
        if more == 0:
            return
        if more < 0:
            counter.held, counter.taken = keep, counter.taken + more
        # Given back twice, tokens would be used twice. What is lost of them is gone with the minute.
        self._dynamodb.update(self._table, self._update(scope, {TOKENS: more}, {}), attempts=1)
        if more > 0:
            # More was used than was taken, and the other environments know now.
            counter.held, counter.taken = keep, counter.taken + more

    def standing(self, scope: str, limits: Mapping[str, int]) -> Mapping[str, Standing]:
        """Return how the counters of a scope stand, by counter."""
        counters = self._current(scope).counters
        wait = self._wait()
        return {
            name: Standing(limit, max(0, limit - counters[name].taken + counters[name].held), wait)
            for name, limit in limits.items()
        }

    def _current(self, scope: str) -> _Minute:
        minute = int(self._clock()) // 60
        if minute != self._minute:
            # What was held of another minute is worth nothing.
            self._minute, self._scopes = minute, {}
        return self._scopes.setdefault(scope, _Minute())

    def _lease(self, scope: str, limits: Mapping[str, int], missing: Mapping[str, int]) -> None:
        counters = self._scopes[scope].counters
        with_slices = {
            name: amount + self._slice(counters[name], limits[name], amount) for name, amount in missing.items()
        }
        for amounts in (with_slices, missing):
            # The table's condition holds where nothing was counted yet, however much is asked for.
            self._refuse_beyond(limits, missing, counters)
            try:
                item = self._dynamodb.update(self._table, self._update(scope, amounts, limits))
            except ConditionFailed as error:
                self._note(counters, error.item)
                continue
            for name, amount in amounts.items():
                counters[name].held += amount
            self._note(counters, item)
            return
        name = max(missing, key=lambda name: counters[name].taken + missing[name] - limits[name])
        raise LimitReached(name, limits[name], self._wait())

    def _slice(self, counter: _Counter, limit: int, needed: int) -> int:
        left = limit - counter.taken - needed
        return max(0, min(counter.used, left // _SLICE_OF_THE_REST))

    def _refuse_beyond(
        self, limits: Mapping[str, int], missing: Mapping[str, int], counters: Mapping[str, _Counter]
    ) -> None:
        for name, amount in missing.items():
            # Requests are never given back, so that whoever is over their limit need not be asked for in the table.
            taken = counters[name].taken if name == REQUESTS else 0
            if taken + amount > limits[name]:
                raise LimitReached(name, limits[name], self._wait())

    def _note(self, counters: Mapping[str, _Counter], item: Item) -> None:
        for name, counter in counters.items():
            counter.taken = int(item.get(name, {}).get("N", 0))

    def _update(self, scope: str, amounts: Mapping[str, int], limits: Mapping[str, int]) -> Update:
        names = {f"#{name}": name for name in amounts}
        values: Item = {f":{name}": {"N": str(amount)} for name, amount in amounts.items()}
        conditions = []
        for name in amounts:
            if name in limits:
                values[f":{name}_most"] = {"N": str(limits[name] - amounts[name])}
                conditions.append(f"(attribute_not_exists(#{name}) OR #{name} <= :{name}_most)")
        values[":expires_at"] = {"N": str(rate_expires_at(self._minute))}
        added = ", ".join(f"#{name} :{name}" for name in amounts)
        return Update(
            rate_key(scope, self._minute),
            f"ADD {added} SET expires_at = :expires_at",
            values,
            " AND ".join(conditions),
            names,
        )

    def _wait(self) -> int:
        return 60 - int(self._clock()) % 60
