"""Money of a month and its days, in one item of the access table for each scope.

`month` and `day_29` are what was spent or is held by somebody, in nano-dollars. An environment leases some of it with
one conditional update, reserves what each request may cost from that, and settles with what it did cost. Its attribute
`lease_<environment>` says how much of the lease is left, so that of a killed environment others can give back what it
held. Each state of that text is another one: an update that names the state before can be repeated without harm.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sluice.access_items import budget_expires_at, budget_key, day_of

from gateway.aws.dynamodb import ATTEMPTS, ConditionFailed, DynamoDB, Item, Update

if TYPE_CHECKING:
    from sluice.policy import Budget

_LEASE = "lease_"
# A lease outlives the request it was taken for by so much, and those that follow within that time need no update.
_LEASE_SECONDS = 300
# Clocks of environments may differ by so much.
_GRACE = 30
_SLICE_OF_THE_REST = 20
_ATTEMPTS = 6


class BudgetReached(Exception):
    """Not enough is left. `period` is `day` or `month`; `limit` and `left` are nano-dollars."""

    def __init__(self, period: str, limit: int, left: int) -> None:
        super().__init__(f"{period}: {left} of {limit}")
        self.period = period
        self.limit = limit
        self.left = left


class Reserved(NamedTuple):
    """What was set aside for one request, in nano-dollars. `is_over`: it is more than was left, and only warned of."""

    scope: str
    budget: "Budget"
    day: str
    amount: int
    # The state of the lease that it came out of; 0: it was counted as spent at once.
    serial: int = 0
    is_over: bool = False


class _Lease:
    """What this environment holds of a scope's budget: `text` is its state in the table, `held` what is left now."""

    def __init__(self, day: str, held: int, expires_at: int, text: str = "", serial: int = 0, left: int = 0) -> None:
        self.day = day
        self.held = held
        self.expires_at = expires_at
        self.text = text
        self.serial = serial
        # What is left for everybody, as it was when the table was last asked.
        self.left = left

    def state(self, held: int, expires_at: int) -> str:
        """Return the text of the state after this one."""
        return f"{self.serial + 1}|{self.day}|{held}|{expires_at}"


class Budgets:
    """The budgets of all scopes. `clock` is epoch seconds; `environment` tells this environment from all others."""

    def __init__(self, dynamodb: DynamoDB, table: str, clock: Callable[[], float], environment: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._clock = clock
        self._own = _LEASE + environment
        self._leases: dict[str, _Lease] = {}

    def reserve(self, scope: str, budget: "Budget", amount: int, until: float) -> Reserved:
        """Set aside what a request may cost that ends by then (epoch seconds).

        Raises:
            BudgetReached: so much is not left, and the budget blocks.
            StoreUnavailable: more must be leased, and the table cannot be asked.
        """
        day = day_of(self._clock())
        lease = self._leases.get(scope)
        if lease and lease.day != day:
            self._end(scope, lease)
            lease = None
        if lease and lease.held >= amount and lease.expires_at >= until:
            lease.held -= amount
            return Reserved(scope, budget, day, amount, lease.serial)
        return self._leased(scope, budget, amount, int(until) + _LEASE_SECONDS, day)

    def settle(self, reserved: Reserved, spent: int) -> None:
        """Put what a request did cost in the place of what was set aside; what is not needed soon goes back.

        Raises:
            StoreUnavailable: the table cannot be asked. What is held stays right all the same.
        """
        scope, lease = reserved.scope, self._leases.get(reserved.scope)
        if lease is None or lease.day != reserved.day:
            self._charge(reserved, spent, was_given_back=reserved.serial > 0)
            return
        lease.held += reserved.amount - spent
        keep = max(0, min(lease.held, lease.left // _SLICE_OF_THE_REST))
        text = lease.state(keep, lease.expires_at)
        try:
            item = self._dynamodb.update(self._table, self._update(scope, lease, keep - lease.held, text))
        except ConditionFailed as error:
            item = error.item
            if item.get(self._own, {}).get("S") != text:
                # It was thought dead, and what it held was given back.
                del self._leases[scope]
                self._charge(reserved, spent, was_given_back=reserved.serial == lease.serial)
                return
        self._advance(lease, keep, lease.expires_at, text, _least_left(reserved.budget, item, lease.day))

    def _leased(self, scope: str, budget: "Budget", amount: int, expires_at: int, day: str) -> Reserved:
        for attempt in range(_ATTEMPTS):
            lease = self._leases.get(scope) or _Lease(day, 0, 0)
            # The first attempt takes a slice more; one that was refused takes what is needed.
            extra = 0 if attempt else max(0, min(lease.left // _SLICE_OF_THE_REST, lease.left - amount))
            taken = amount - lease.held + extra
            text = lease.state(extra, expires_at)
            blocks = budget.at_limit == "block"
            if blocks:
                _refuse_beyond(budget, {}, day, taken)
            update = self._update(scope, lease, taken, text, budget if blocks else None)
            try:
                item = self._dynamodb.update(self._table, update)
            except ConditionFailed as error:
                item = error.item
                if item.get(self._own, {}).get("S") != text:
                    self._learn(scope, budget, lease, item, taken - extra)
                    continue
            self._leases[scope] = lease
            self._advance(lease, extra, expires_at, text, _least_left(budget, item, day))
            return Reserved(scope, budget, day, amount, is_over=lease.left < 0)
        raise BudgetReached(*_tightest(budget, item, day))

    def _learn(self, scope: str, budget: "Budget", lease: _Lease, item: Item, needed: int) -> None:
        """Find out from the item why an update was refused, and mend what can be mended."""
        if item.get(self._own, {}).get("S", "") != lease.text:
            # It was thought dead, and what it held was given back.
            self._leases.pop(scope, None)
            return
        lease.left = _least_left(budget, item, lease.day)
        if self._reclaim(scope, item, lease.day[:7]):
            return
        _refuse_beyond(budget, item, lease.day, needed)

    def _reclaim(self, scope: str, item: Item, month: str) -> bool:
        """Give back what environments hold that are gone, and tell whether there were any."""
        now = self._clock()
        found = False
        for name, value in item.items():
            if not name.startswith(_LEASE) or name == self._own:
                continue
            _, day, held, expires_at = value["S"].split("|")
            if int(expires_at) + _GRACE < now:
                found = True
                self._give_back(scope, month, name, value["S"], day, int(held))
        return found

    def _end(self, scope: str, lease: _Lease) -> None:
        """Give back what is held of a day that is over."""
        del self._leases[scope]
        self._give_back(scope, lease.day[:7], self._own, lease.text, lease.day, lease.held)

    def _give_back(self, scope: str, month: str, name: str, text: str, day: str, held: int) -> None:
        update = Update(
            budget_key(scope, month),
            "ADD #month :held, #day :held REMOVE #lease",
            {":held": {"N": str(-held)}, ":text": {"S": text}},
            "#lease = :text",
            {"#month": "month", "#day": _day_name(day), "#lease": name},
        )
        try:
            self._dynamodb.update(self._table, update)
        except ConditionFailed:
            # Somebody else has done so.
            return

    def _charge(self, reserved: Reserved, spent: int, *, was_given_back: bool) -> None:
        """Count what was spent outside of any lease; what was set aside was given back with one, or counts already."""
        amount = spent if was_given_back else spent - reserved.amount
        update = Update(
            budget_key(reserved.scope, reserved.day[:7]),
            "ADD #month :amount, #day :amount",
            {":amount": {"N": str(amount)}},
            names={"#month": "month", "#day": _day_name(reserved.day)},
        )
        # Too much would be given back if that were done twice.
        self._dynamodb.update(self._table, update, attempts=1 if amount < 0 else ATTEMPTS)

    def _advance(self, lease: _Lease, held: int, expires_at: int, text: str, left: int) -> None:
        lease.held, lease.expires_at, lease.text, lease.left = held, expires_at, text, left
        lease.serial += 1

    def _update(self, scope: str, lease: _Lease, taken: int, text: str, budget: "Budget | None" = None) -> Update:
        """Take so much more (or less) of the budget, and write the lease's next state over its last."""
        values: Item = {
            ":taken": {"N": str(taken)},
            ":text": {"S": text},
            ":expires_at": {"N": str(budget_expires_at(self._clock()))},
        }
        conditions = ["attribute_not_exists(#lease)"]
        if lease.text:
            values[":before"] = {"S": lease.text}
            conditions = ["#lease = :before"]
        for name, limit in _limits(budget):
            values[f":{name}_most"] = {"N": str(limit - taken)}
            conditions.append(f"(attribute_not_exists(#{name}) OR #{name} <= :{name}_most)")
        return Update(
            budget_key(scope, lease.day[:7]),
            "ADD #month :taken, #day :taken SET #lease = :text, expires_at = :expires_at",
            values,
            " AND ".join(conditions),
            {"#month": "month", "#day": _day_name(lease.day), "#lease": self._own},
        )


def _limits(budget: "Budget | None") -> list[tuple[str, int]]:
    if budget is None:
        return []
    both = (("day", budget.nano_usd_per_day), ("month", budget.nano_usd_per_month))
    return [(name, limit) for name, limit in both if limit is not None]


def _taken(item: Item, period: str, day: str) -> int:
    name = "month" if period == "month" else _day_name(day)
    return int(item.get(name, {}).get("N", 0))


def _refuse_beyond(budget: "Budget", item: Item, day: str, needed: int) -> None:
    for period, limit in _limits(budget):
        left = limit - _taken(item, period, day)
        if needed > left:
            raise BudgetReached(period, limit, max(0, left))


def _least_left(budget: "Budget", item: Item, day: str) -> int:
    return min((limit - _taken(item, period, day) for period, limit in _limits(budget)), default=0)


def _tightest(budget: "Budget", item: Item, day: str) -> tuple[str, int, int]:
    left = {period: (limit - _taken(item, period, day), limit) for period, limit in _limits(budget)}
    period = min(left, key=lambda name: left[name][0])
    return period, left[period][1], max(0, left[period][0])


def _day_name(day: str) -> str:
    return f"day_{day[8:]}"
