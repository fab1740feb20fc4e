"""One caller's request at the gate: what he may ask for, how much of it, and what it is made of on its way to Bedrock.

Made only for callers who are restricted in some way. `enter`, `take_slot` and `admit` set aside what the request may
use, `leave` puts what it did use in its place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from sluice.cost import dollars

from gateway.errors import BudgetSpent, Forbidden, RateLimited, StoreUnavailable
from gateway.limit_headers import Standing
from gateway.needs import Need, need_of
from gateway.outgoing import FREE, Outgoing
from gateway.rules import Rules
from gateway.shaping import shaped
from gateway.stores.budgets import BudgetReached, Budgets, Reserved
from gateway.stores.rates import REQUESTS, TOKENS, LimitReached, Rates
from gateway.stores.slots import NoSlotFree, Slots

if TYPE_CHECKING:
    from sluice.model_row import ModelRow
    from sluice.policy import Policy

    from gateway.access import Caller

_EVERYBODY = "DEPLOYMENT"
_VERBS = {REQUESTS: "make", TOKENS: "use"}
_WHEN = {"day": "The next day of UTC begins a new one", "month": "The next month of UTC begins a new one"}


class Counters(NamedTuple):
    """Where what all environments use together is counted."""

    rates: Rates
    slots: Slots
    budgets: Budgets


class _Scope(NamedTuple):
    """One policy, what its use is counted under, and how a refusal speaks of whom it restricts."""

    name: str
    policy: "Policy"
    who: str

    @property
    def rates(self) -> Mapping[str, int]:
        limits = self.policy.limits
        both = {REQUESTS: limits.requests_per_minute, TOKENS: limits.tokens_per_minute}
        return {name: limit for name, limit in both.items() if limit is not None}


class _Held:
    """What is set aside for one request. Tokens are by scope: the minute that they are from, and how many."""

    def __init__(self) -> None:
        self.slots: list[tuple[str, str]] = []
        self.tokens: dict[str, tuple[_Scope, int, int]] = {}
        self.money: list[Reserved] = []


class Gate:
    """The restrictions of one caller, for one request. `until`: when it ends at the latest, in epoch seconds."""

    def __init__(self, caller: "Caller", counters: Counters, request_id: str, until: float) -> None:
        self.rules = Rules(tuple(policy for policy in (caller.policy, caller.deployment) if policy))
        # A budget that only warns is spent.
        self.is_over_budget = False
        self._caller = caller
        self._counters = counters
        self._request_id = request_id
        self._until = until
        self._held = _Held()
        self._scopes = _scopes_of(caller)
        # An embeddings request asks Bedrock from several threads.
        self._lock = Lock()

    def enter(self) -> None:
        """Count the request.

        Raises:
            RateLimited: its minute has no request left.
            StoreUnavailable: the table cannot be asked.
        """
        for scope in self._scopes:
            self._take(scope, {REQUESTS: 1})

    def take_slot(self) -> None:
        """Take one of the places for requests that are under way.

        Raises:
            RateLimited: none is free.
            StoreUnavailable: the table cannot be asked.
        """
        for scope in self._scopes:
            limit = scope.policy.limits.concurrent_streams
            if limit is None:
                continue
            try:
                with _checkable():
                    slot = self._counters.slots.take(scope.name, limit, self._request_id, self._until)
            except NoSlotFree as error:
                raise RateLimited(
                    f"{scope.who} may have {limit} requests under way at the same time, and have as many. "
                    "Ask again when one has ended.",
                    error.wait,
                ) from error
            self._held.slots.append((scope.name, slot))

    def admit(self, asked: Outgoing, row: "ModelRow | None", *, again: bool = False) -> Outgoing:
        """Return the request to Bedrock as it may go out, with what it may use set aside; `row` has the prices.

        `again`: Bedrock refused it, and is asked the same in another way. What is set aside is enough for that.

        Raises:
            InvalidRequest, Forbidden: the rules refuse it.
            RateLimited, BudgetSpent: not enough is left.
            StoreUnavailable: the table cannot be asked.
        """
        outgoing = shaped(self.rules, self._caller.name, asked, row)
        metered = [scope for scope in self._scopes if TOKENS in scope.rates or scope.policy.budget.is_set]
        if again or not metered or asked.operation in FREE:
            return outgoing
        need = need_of(outgoing, row)
        with self._lock:
            for scope in metered:
                if TOKENS in scope.rates:
                    self._reserve_tokens(scope, need.tokens)
            for scope in metered:
                if scope.policy.budget.is_set:
                    self._reserve_money(scope, need)
        return outgoing

    def leave(self, tokens: int, nano_usd: int | None) -> None:
        """Put what the request did use in the place of what was set aside, and give the rest back.

        Without a price, what was reserved counts as spent.

        Raises:
            StoreUnavailable: something could not be written. Slots and leases end by their time then.
        """
        held, self._held = self._held, _Held()
        failures: list[StoreUnavailable] = []
        for put_back in self._put_backs(held, tokens, nano_usd):
            # One that fails must not keep the others from what they can do without the table.
            try:
                put_back()
            except StoreUnavailable as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _put_backs(self, held: _Held, tokens: int, nano_usd: int | None) -> Iterator[Callable[[], None]]:
        slots, rates, budgets = self._counters.slots, self._counters.rates, self._counters.budgets
        settled: set[str] = set()
        for money in _together(held.money):
            # Several calls for one request cost together what it cost.
            spent = 0 if money.scope in settled else nano_usd or 0
            yield partial(budgets.settle, money, money.amount if nano_usd is None else spent)
            settled.add(money.scope)
        for scope, minute, reserved in held.tokens.values():
            yield partial(rates.settle, scope.name, scope.rates, minute, reserved, tokens)
        for scope_name, slot in held.slots:
            yield partial(slots.give_back, scope_name, slot)

    def standings(self) -> Mapping[str, Standing]:
        """Return how the rates stand, the caller's own if he has any, else the deployment's."""
        for scope in self._scopes:
            if scope.rates:
                return self._counters.rates.standing(scope.name, scope.rates)
        return {}

    def _take(self, scope: _Scope, wanted: Mapping[str, int]) -> int:
        try:
            with _checkable():
                return self._counters.rates.take(scope.name, scope.rates, wanted)
        except LimitReached as error:
            raise RateLimited(
                f"{scope.who} may {_VERBS[error.counter]} {error.limit} {error.counter} a minute, and too few of them "
                f"are left. Ask again in {error.wait} seconds.",
                error.wait,
            ) from error

    def _reserve_tokens(self, scope: _Scope, tokens: int) -> None:
        # A request that may use more than a minute has can run alone in one.
        amount = min(tokens, scope.rates[TOKENS])
        minute = self._take(scope, {TOKENS: amount})
        _, first_minute, before = self._held.tokens.get(scope.name, (scope, minute, 0))
        self._held.tokens[scope.name] = (scope, first_minute, before + amount)

    def _reserve_money(self, scope: _Scope, need: Need) -> None:
        budget = scope.policy.budget
        if need.nano_usd is None and budget.at_limit == "block":
            raise Forbidden(
                "The price of this model is not known, so what it costs cannot be held to a budget. The operator can "
                "give its cost in the catalog's configuration file, or have the budget warn only."
            )
        try:
            with _checkable():
                reserved = self._counters.budgets.reserve(scope.name, budget, need.nano_usd or 0, self._until)
        except BudgetReached as error:
            raise BudgetSpent(
                f"{scope.who} may spend ${dollars(error.limit)} a {error.period}, of which ${dollars(error.left)} is "
                f"left; this request may cost ${dollars(need.nano_usd or 0)} ({need.input_tokens} tokens in, "
                f"{need.output_tokens} out at most). {_WHEN[error.period]}; a lower limit of output tokens costs less."
            ) from error
        self.is_over_budget |= reserved.is_over
        self._held.money.append(reserved)


def _together(reserved: Sequence[Reserved]) -> Iterable[Reserved]:
    """Add up what came out of the same state of a lease: an embeddings request may have thousands of calls."""
    sums: dict[tuple[str, str, int], Reserved] = {}
    for one in reserved:
        origin = (one.scope, one.day, one.serial)
        before = sums[origin].amount if origin in sums else 0
        sums[origin] = one._replace(amount=before + one.amount)
    return sums.values()


def _scopes_of(caller: "Caller") -> list[_Scope]:
    own = [_Scope(caller.scope, caller.policy, "You")] if caller.policy else []
    everybodys = "All callers of this deployment together"
    return own + ([_Scope(_EVERYBODY, caller.deployment, everybodys)] if caller.deployment else [])


@contextmanager
def _checkable() -> Iterator[None]:
    """Say what an outage of the table means here: nobody gets past a limit that cannot be checked."""
    try:
        yield
    except StoreUnavailable as error:
        raise StoreUnavailable("Your limits cannot be checked right now. Try again in a moment.") from error
