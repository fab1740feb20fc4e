"""Rates, slots and budgets in the access table: exact whatever the number of environments, cheap within a slice."""

import random
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import replace
from threading import Lock
from typing import Any

import pytest
from gateway.access import Caller
from gateway.errors import BudgetSpent, RateLimited, StoreUnavailable
from gateway.gate import Counters, Gate
from gateway.outgoing import Outgoing
from gateway.stores.budgets import BudgetReached, Budgets
from gateway.stores.rates import REQUESTS, TOKENS, LimitReached, Rates
from gateway.stores.slots import NoSlotFree, Slots
from integration.deployment import Deployment
from integration.gateway.counting import AccessTable, Counted, access_table
from sluice.access_items import budget_key, day_of, rate_key, slots_key
from sluice.model_row import ModelRow, Price
from sluice.policy import Budget, Limits, Policy

SCOPE = "KEY#abcdefghij234567"
DOLLAR = 1_000_000_000


@pytest.fixture
def table(deployment: Deployment) -> Iterator[AccessTable]:
    with access_table(deployment) as table:
        yield table


def rates(table: AccessTable) -> Rates:
    return Rates(table.client(), table.name, table.clock)


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


# --- requests and tokens of a minute ---------------------------------------------------------------------------------


def test_a_minute_has_as_many_requests_as_the_limit_says(table: AccessTable) -> None:
    environment = rates(table)
    for _ in range(5):
        environment.take(SCOPE, {REQUESTS: 5}, {REQUESTS: 1})
    with pytest.raises(LimitReached) as reached:
        environment.take(SCOPE, {REQUESTS: 5}, {REQUESTS: 1})
    assert (reached.value.counter, reached.value.limit, reached.value.wait) == (REQUESTS, 5, 50)
    table.clock.now += 50
    environment.take(SCOPE, {REQUESTS: 5}, {REQUESTS: 1})


def test_64_environments_together_never_make_more_requests_than_the_limit(table: AccessTable) -> None:
    def environment(_: int) -> int:
        mine = rates(table)
        made = 0
        for _ in range(10):
            try:
                mine.take(SCOPE, {REQUESTS: 100}, {REQUESTS: 1})
            except LimitReached:
                break
            made += 1
        return made

    made = at_once(64, environment)
    assert sum(made) <= 100
    # What is leased and not used is an eighth of the rest at most, and less than what was used.
    assert sum(made) >= 50
    assert table.number(rate_key(SCOPE, int(table.clock()) // 60), REQUESTS) <= 100


def test_an_environment_serves_most_requests_of_a_busy_minute_without_the_table(table: AccessTable) -> None:
    client = table.client()
    environment = Rates(client, table.name, table.clock)
    for _ in range(500):
        environment.take(SCOPE, {REQUESTS: 10_000}, {REQUESTS: 1})
    assert client.updates <= 11


def test_over_the_limit_the_table_is_not_asked_again(table: AccessTable) -> None:
    client = table.client()
    environment = Rates(client, table.name, table.clock)
    for _ in range(3):
        environment.take(SCOPE, {REQUESTS: 3}, {REQUESTS: 1})
    for _ in range(100):
        with pytest.raises(LimitReached):
            environment.take(SCOPE, {REQUESTS: 3}, {REQUESTS: 1})
    assert client.updates <= 4


def test_the_first_request_is_held_to_the_limit_too(table: AccessTable) -> None:
    with pytest.raises(LimitReached):
        rates(table).take(SCOPE, {TOKENS: 100}, {TOKENS: 101})
    assert table.item(rate_key(SCOPE, int(table.clock()) // 60)) == {}


def test_tokens_that_were_not_used_are_there_for_another_environment(table: AccessTable) -> None:
    limits = {TOKENS: 10_000}
    one, another = rates(table), rates(table)
    minute = one.take(SCOPE, limits, {TOKENS: 9_000})
    with pytest.raises(LimitReached):
        another.take(SCOPE, limits, {TOKENS: 9_000})
    one.settle(SCOPE, limits, minute, 9_000, 100)
    another.take(SCOPE, limits, {TOKENS: 9_000})


def test_tokens_that_were_used_beyond_what_was_reserved_count(table: AccessTable) -> None:
    limits = {TOKENS: 1_000}
    environment = rates(table)
    minute = environment.take(SCOPE, limits, {TOKENS: 100})
    environment.settle(SCOPE, limits, minute, 100, 950)
    with pytest.raises(LimitReached):
        environment.take(SCOPE, limits, {TOKENS: 100})


def test_tokens_that_were_used_beyond_what_was_reserved_count_for_other_environments(table: AccessTable) -> None:
    limits = {TOKENS: 1_000}
    one, another = rates(table), rates(table)
    minute = one.take(SCOPE, limits, {TOKENS: 100})
    one.settle(SCOPE, limits, minute, 100, 950)
    assert table.number(rate_key(SCOPE, minute), TOKENS) == 950
    with pytest.raises(LimitReached):
        another.take(SCOPE, limits, {TOKENS: 100})
    another.take(SCOPE, limits, {TOKENS: 50})


def test_a_request_that_ends_in_another_minute_corrects_nothing_there(table: AccessTable) -> None:
    limits = {TOKENS: 1_000}
    environment = rates(table)
    minute = environment.take(SCOPE, limits, {TOKENS: 900})
    table.clock.now += 60
    environment.settle(SCOPE, limits, minute, 900, 1)
    environment.take(SCOPE, limits, {TOKENS: 1_000})
    assert table.number(rate_key(SCOPE, minute), TOKENS) == 900


def test_scopes_are_counted_apart(table: AccessTable) -> None:
    environment = rates(table)
    environment.take(SCOPE, {REQUESTS: 1}, {REQUESTS: 1})
    environment.take("DEPLOYMENT", {REQUESTS: 1}, {REQUESTS: 1})
    with pytest.raises(LimitReached):
        environment.take(SCOPE, {REQUESTS: 1}, {REQUESTS: 1})


def test_the_standing_is_what_is_left_of_the_minute(table: AccessTable) -> None:
    environment = rates(table)
    for _ in range(3):
        environment.take(SCOPE, {REQUESTS: 20}, {REQUESTS: 1})
    (standing,) = environment.standing(SCOPE, {REQUESTS: 20}).values()
    assert (standing.limit, standing.remaining, standing.resets_in) == (20, 17, 50)


def test_an_outage_lets_nobody_past_a_limit(table: AccessTable) -> None:
    client = table.client()
    client.is_down = True
    with pytest.raises(StoreUnavailable):
        Rates(client, table.name, table.clock).take(SCOPE, {REQUESTS: 5}, {REQUESTS: 1})


# --- streams at the same time ----------------------------------------------------------------------------------------


def slots(table: AccessTable) -> Slots:
    return Slots(table.client(), table.name, table.clock)


def test_as_many_streams_run_as_may(table: AccessTable) -> None:
    until = table.clock() + 900
    taken = [slots(table).take(SCOPE, 2, name, until) for name in ("r1", "r2")]
    with pytest.raises(NoSlotFree):
        slots(table).take(SCOPE, 2, "r3", until)
    slots(table).give_back(SCOPE, taken[0])
    slots(table).take(SCOPE, 2, "r3", until)


def test_64_environments_at_once_get_no_more_slots_than_there_are(table: AccessTable) -> None:
    def environment(number: int) -> bool:
        try:
            slots(table).take(SCOPE, 10, f"r{number}", table.clock() + 900)
        except NoSlotFree:
            return False
        return True

    assert sum(at_once(64, environment)) == 10


def test_a_killed_environment_gives_its_slots_back_by_their_time(table: AccessTable) -> None:
    slots(table).take(SCOPE, 1, "killed", table.clock() + 900)
    table.clock.now += 900
    with pytest.raises(NoSlotFree):
        slots(table).take(SCOPE, 1, "r2", table.clock() + 900)
    table.clock.now += 6
    slots(table).take(SCOPE, 1, "r2", table.clock() + 900)
    assert len(table.item(slots_key(SCOPE))["slots"]["SS"]) == 1


def test_a_slot_whose_answer_was_lost_is_taken_once(table: AccessTable) -> None:
    client = table.client()
    client.lost = 1
    slot = Slots(client, table.name, table.clock).take(SCOPE, 1, "r1", table.clock() + 900)
    assert table.item(slots_key(SCOPE))["slots"]["SS"] == [slot]


def test_to_give_a_slot_back_twice_is_no_harm(table: AccessTable) -> None:
    slot = slots(table).take(SCOPE, 1, "r1", table.clock() + 900)
    slots(table).give_back(SCOPE, slot)
    slots(table).give_back(SCOPE, slot)
    slots(table).take(SCOPE, 1, "r2", table.clock() + 900)


def test_a_limit_of_no_streams_lets_none_run(table: AccessTable) -> None:
    with pytest.raises(NoSlotFree):
        slots(table).take(SCOPE, 0, "r1", table.clock() + 900)


# --- money -----------------------------------------------------------------------------------------------------------

FIVE_A_DAY = Budget(nano_usd_per_day=5 * DOLLAR)


def budgets(table: AccessTable, environment: str = "e1") -> Budgets:
    return Budgets(table.client(), table.name, table.clock, environment)


def month_item(table: AccessTable) -> dict[str, Any]:
    return budget_key(SCOPE, day_of(table.clock())[:7])


def spent(table: AccessTable) -> tuple[int, int]:
    """What the table says was spent or is held: this month, and on the clock's day."""
    key = month_item(table)
    return table.number(key, "month"), table.number(key, f"day_{day_of(table.clock())[8:]}")


def reserve(mine: Budgets, table: AccessTable, amount: int, budget: Budget = FIVE_A_DAY) -> Any:
    return mine.reserve(SCOPE, budget, amount, table.clock() + 900)


def test_what_was_spent_counts_and_what_was_reserved_beyond_it_does_not(table: AccessTable) -> None:
    mine = budgets(table)
    for _ in range(10):
        mine.settle(reserve(mine, table, DOLLAR), DOLLAR // 10)
    month, day = spent(table)
    assert month == day
    # What is held for the next requests is a twentieth of the rest at most.
    assert DOLLAR <= day <= DOLLAR + 4 * DOLLAR // 20 + 1


def test_a_budget_that_is_spent_blocks_and_says_what_is_left(table: AccessTable) -> None:
    mine = budgets(table)
    mine.settle(reserve(mine, table, 4 * DOLLAR), 4 * DOLLAR + DOLLAR // 2)
    with pytest.raises(BudgetReached) as reached:
        reserve(mine, table, DOLLAR)
    assert (reached.value.period, reached.value.limit, reached.value.left) == ("day", 5 * DOLLAR, DOLLAR // 2)


def test_the_first_request_cannot_reserve_more_than_the_budget(table: AccessTable) -> None:
    with pytest.raises(BudgetReached):
        reserve(budgets(table), table, 5 * DOLLAR + 1)
    assert table.item(month_item(table)) == {}


def test_the_next_day_begins_a_new_budget_and_the_month_goes_on(table: AccessTable) -> None:
    budget = Budget(nano_usd_per_day=5 * DOLLAR, nano_usd_per_month=8 * DOLLAR)
    mine = budgets(table)
    mine.settle(reserve(mine, table, 5 * DOLLAR, budget), 5 * DOLLAR)
    with pytest.raises(BudgetReached):
        reserve(mine, table, 1, budget)
    table.clock.now += 86_400
    mine.settle(reserve(mine, table, 2 * DOLLAR, budget), 2 * DOLLAR)
    with pytest.raises(BudgetReached) as reached:
        reserve(mine, table, 2 * DOLLAR, budget)
    assert (reached.value.period, reached.value.left) == ("month", DOLLAR)


def test_what_is_held_of_yesterday_is_given_back(table: AccessTable) -> None:
    mine = budgets(table)
    for _ in range(3):
        mine.settle(reserve(mine, table, DOLLAR // 10), DOLLAR // 100)
    table.clock.now += 86_400
    mine.settle(reserve(mine, table, DOLLAR // 10), 0)
    yesterday = day_of(table.clock() - 86_400)
    assert table.number(month_item(table), f"day_{yesterday[8:]}") == 3 * DOLLAR // 100


def test_64_environments_at_once_never_spend_more_than_the_budget(table: AccessTable) -> None:
    estimate = DOLLAR // 10

    def environment(number: int) -> int:
        chance = random.Random(number)
        mine = budgets(table, f"e{number}")
        total = 0
        for _ in range(20):
            try:
                reserved = reserve(mine, table, estimate)
            except BudgetReached:
                break
            cost = chance.randrange(estimate + 1)
            total += cost
            mine.settle(reserved, cost)
        return total

    total = sum(at_once(64, environment))
    assert total <= 5 * DOLLAR
    # Every dollar is in the table, and beyond them only what environments still hold.
    held = sum(
        int(value["S"].split("|")[2]) for name, value in table.item(month_item(table)).items() if "lease" in name
    )
    assert spent(table) == (total + held, total + held)


def test_concurrent_requests_exceed_a_budget_only_by_what_settling_adds(table: AccessTable) -> None:
    estimate, cost = DOLLAR, 3 * DOLLAR

    def environment(number: int) -> int:
        mine = budgets(table, f"e{number}")
        try:
            reserved = reserve(mine, table, estimate)
        except BudgetReached:
            return 0
        mine.settle(reserved, cost)
        return 1

    admitted = sum(at_once(64, environment))
    assert 1 <= admitted <= 5
    assert spent(table)[0] == admitted * cost


def test_within_a_slice_a_request_needs_no_update_before_it(table: AccessTable) -> None:
    client = table.client()
    mine = Budgets(client, table.name, table.clock, "e1")
    budget = Budget(nano_usd_per_month=1_000 * DOLLAR)
    mine.settle(reserve(mine, table, DOLLAR, budget), DOLLAR // 10)
    mine.settle(reserve(mine, table, DOLLAR, budget), DOLLAR // 10)
    before = client.updates
    reserved = reserve(mine, table, DOLLAR, budget)
    assert client.updates == before
    mine.settle(reserved, DOLLAR // 10)
    assert client.updates == before + 1


def test_a_killed_environment_gives_back_what_it_held(table: AccessTable) -> None:
    killed = budgets(table, "killed")
    for _ in range(2):
        killed.settle(reserve(killed, table, DOLLAR), DOLLAR // 10)
    held = spent(table)[0] - 2 * DOLLAR // 10
    assert held > 0
    table.clock.now += 900 + 300 + 31
    other = budgets(table, "other")
    other.settle(reserve(other, table, 5 * DOLLAR - 2 * DOLLAR // 10), 0)
    assert spent(table)[0] == 2 * DOLLAR // 10 + other._leases[SCOPE].held


def test_who_was_thought_dead_and_is_not_is_charged_what_it_spent(table: AccessTable) -> None:
    slow = budgets(table, "slow")
    slow.settle(reserve(slow, table, DOLLAR), 0)
    slow.settle(reserve(slow, table, DOLLAR // 100), 0)
    in_lease = reserve(slow, table, DOLLAR // 100)
    assert in_lease.serial > 0
    table.clock.now += 900 + 300 + 31
    other = budgets(table, "other")
    other.settle(reserve(other, table, 5 * DOLLAR), 0)
    slow.settle(in_lease, DOLLAR // 200)
    assert spent(table)[0] == DOLLAR // 200 + other._leases[SCOPE].held


def test_a_reservation_and_a_settlement_whose_answers_were_lost_count_once(table: AccessTable) -> None:
    client = table.client()
    mine = Budgets(client, table.name, table.clock, "e1")
    client.lost = 1
    reserved = reserve(mine, table, DOLLAR)
    assert spent(table)[0] == DOLLAR
    client.lost = 1
    mine.settle(reserved, DOLLAR // 4)
    assert spent(table)[0] == DOLLAR // 4 + mine._leases[SCOPE].held


def test_a_settlement_that_failed_is_made_up_for_by_the_next_reservation(table: AccessTable) -> None:
    client = table.client()
    mine = Budgets(client, table.name, table.clock, "e1")
    reserved = reserve(mine, table, DOLLAR)
    client.is_down = True
    with pytest.raises(StoreUnavailable):
        mine.settle(reserved, 3 * DOLLAR)
    client.is_down = False
    mine.settle(reserve(mine, table, DOLLAR), DOLLAR)
    assert spent(table)[0] == 4 * DOLLAR + mine._leases[SCOPE].held


def test_a_budget_that_warns_lets_everything_pass_and_says_so(table: AccessTable) -> None:
    mine = budgets(table)
    warns = replace(FIVE_A_DAY, at_limit="warn")
    within = reserve(mine, table, 5 * DOLLAR, warns)
    beyond = reserve(mine, table, 5 * DOLLAR, warns)
    assert (within.is_over, beyond.is_over) == (False, True)


def test_an_outage_lets_nobody_past_a_budget_but_for_what_is_held(table: AccessTable) -> None:
    client = table.client()
    mine = Budgets(client, table.name, table.clock, "e1")
    budget = Budget(nano_usd_per_month=1_000 * DOLLAR)
    for _ in range(2):
        mine.settle(reserve(mine, table, DOLLAR, budget), 0)
    client.is_down = True
    reserve(mine, table, DOLLAR, budget)
    with pytest.raises(StoreUnavailable):
        reserve(mine, table, 1_000 * DOLLAR, budget)


def test_a_budget_leaves_the_table_after_its_month(table: AccessTable) -> None:
    reserve(budgets(table), table, DOLLAR)
    assert table.number(month_item(table), "expires_at") == int(table.clock()) + 35 * 86_400


# --- what an answer that was lost may not do -------------------------------------------------------------------------


def test_tokens_are_given_back_once_even_if_nobody_answers(table: AccessTable) -> None:
    client = table.client()
    environment = Rates(client, table.name, table.clock)
    minute = environment.take(SCOPE, {TOKENS: 1_000}, {TOKENS: 900})
    client.lost = 1
    with pytest.raises(StoreUnavailable):
        environment.settle(SCOPE, {TOKENS: 1_000}, minute, 900, 100)
    assert table.number(rate_key(SCOPE, minute), TOKENS) >= 100


def test_a_slot_that_was_taken_from_the_dead_is_held_even_if_nobody_answers(table: AccessTable) -> None:
    slots(table).take(SCOPE, 1, "killed", table.clock() + 900)
    table.clock.now += 906
    client = table.client()
    # The first attempt is refused, the dead is removed, and the answer to the second attempt is lost.
    client.lost_after, client.lost = 1, 1
    slot = Slots(client, table.name, table.clock).take(SCOPE, 1, "r2", table.clock() + 900)
    assert table.item(slots_key(SCOPE))["slots"]["SS"] == [slot]


def test_what_was_spent_less_outside_of_a_lease_is_given_back_once(table: AccessTable) -> None:
    client = table.client()
    mine = Budgets(client, table.name, table.clock, "e1")
    reserved = reserve(mine, table, DOLLAR)
    table.clock.now += 86_400
    mine.settle(reserve(mine, table, 1), 0)
    client.lost = 1
    with pytest.raises(StoreUnavailable):
        mine.settle(reserved, DOLLAR // 4)
    assert spent(table)[0] - mine._leases[SCOPE].held == DOLLAR // 4


# --- the gate --------------------------------------------------------------------------------------------------------

NOVA = ModelRow(
    *("amazon.nova-pro-v1:0", "foundation-model", "us-east-1", "Nova Pro", "Amazon"),
    prices=(Price(input=0.8, output=3.2),),
    max_output_tokens=10_000,
)
TITAN = replace(NOVA, model_id="amazon.titan-embed-text-v2:0", output_modalities=("EMBEDDING",))
HELLO = Outgoing("converse", {}, b'{"messages": [], "inferenceConfig": {"maxTokens": 1000}}', is_native=True)
EVERYTHING_IS_LIMITED = Policy(
    limits=Limits(concurrent_streams=1, tokens_per_minute=1_000_000), budget=Budget(nano_usd_per_day=5 * DOLLAR)
)


def gate(table: AccessTable, counters: Counters, policy: Policy = EVERYTHING_IS_LIMITED) -> Gate:
    return Gate(Caller("k1", SCOPE, policy), counters, uuid.uuid4().hex, table.clock() + 900)


def counters_of(client: Counted, table: AccessTable, environment: str = "e1") -> Counters:
    return Counters(
        Rates(client, table.name, table.clock),
        Slots(client, table.name, table.clock),
        Budgets(client, table.name, table.clock, environment),
    )


def test_what_cannot_be_put_back_in_the_table_is_put_back_in_the_environment(table: AccessTable) -> None:
    client = table.client()
    counters = counters_of(client, table)
    first = gate(table, counters)
    first.take_slot()
    first.admit(HELLO, NOVA)
    client.is_down = True
    with pytest.raises(StoreUnavailable):
        first.leave(10, 7)
    client.is_down = False
    second = gate(table, counters, replace(EVERYTHING_IS_LIMITED, limits=Limits()))
    second.admit(HELLO, NOVA)
    second.leave(10, 5)
    assert spent(table)[0] - counters.budgets._leases[SCOPE].held == 7 + 5
    assert counters.rates.standing(SCOPE, {TOKENS: 1_000_000})[TOKENS].remaining >= 1_000_000 - 10


def test_a_request_with_thousands_of_calls_is_settled_in_one_update(table: AccessTable) -> None:
    client = table.client()
    counters = counters_of(client, table)
    embeddings = gate(table, counters, Policy(budget=Budget(nano_usd_per_day=1_000 * DOLLAR)))
    body = Outgoing("invoke", {}, b'{"inputText": "Hello!"}')
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: embeddings.admit(body, TITAN), range(2_000)))
    before = client.updates
    embeddings.leave(4_000, 3_200)
    assert spent(table)[0] - counters.budgets._leases[SCOPE].held == 3_200
    # One for each state that the lease had.
    assert client.updates - before <= 20


def test_64_environments_at_once_are_held_to_all_limits_of_a_key_and_of_everybody(table: AccessTable) -> None:
    """64 threads with an environment each, through the gate as a request goes, money and tokens and streams at once."""
    limits = Limits(concurrent_streams=5, tokens_per_minute=30_000)
    own = Policy(limits=limits, budget=Budget(nano_usd_per_day=40 * 3_200_000))
    everybodys = Policy(limits=Limits(concurrent_streams=4), budget=Budget(nano_usd_per_month=50 * 3_200_000))
    running, most, total = 0, 0, 0
    lock = Lock()

    def environment(number: int) -> int:
        nonlocal running, most, total
        counters = counters_of(table.client(), table, f"e{number}")
        admitted = 0
        for _ in range(6):
            mine = Gate(Caller("k1", SCOPE, own, everybodys), counters, uuid.uuid4().hex, table.clock() + 900)
            is_admitted = False
            try:
                mine.take_slot()
                with lock:
                    running += 1
                    most = max(most, running)
                try:
                    mine.admit(HELLO, NOVA)
                    is_admitted = True
                finally:
                    with lock:
                        running -= 1
            except (RateLimited, BudgetSpent):
                pass
            mine.leave(900 if is_admitted else 0, 3_000_000 if is_admitted else 0)
            admitted += is_admitted
        return admitted

    admitted = sum(at_once(64, environment))
    assert 1 <= admitted <= 40
    assert most <= 4
    held = sum(int(v["S"].split("|")[2]) for name, v in table.item(month_item(table)).items() if "lease" in name)
    assert spent(table)[0] - held == admitted * 3_000_000
    assert admitted * 900 <= 30_000
    assert table.item(slots_key(SCOPE)).get("slots") is None
    assert table.item(slots_key("DEPLOYMENT")).get("slots") is None
