"""Many requests at once through several environments of the deployed gateway, and one that is killed in the middle."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Semaphore
from typing import Any
from urllib.parse import urlsplit

import pytest
from gateway.stores.budgets import Budgets
from integration.clients.scenarios import SILENT
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.asking import NOVA, Asker
from integration.gateway.counting import AccessTable
from sluice.access_items import budget_key, day_of, slots_key
from sluice.cost import NANO_USD
from sluice.policy import Budget, Limits, Policy
from sluice_local.lambda_service import RunningFunctionUrl

THREADS = 64
# As many environments are started as there are requests at once.
ENVIRONMENTS = 8
STREAM = {"model": NOVA, "messages": [{"role": "user", "content": "Hello!"}], "stream": True, "max_tokens": 100}


@pytest.fixture(scope="module")
def many(deployment: Deployment) -> Iterator[RunningFunctionUrl]:
    with deployment.gateway() as gateway:
        yield gateway


def at_once(ask: Asker, body: Any, number: int = THREADS) -> list[tuple[int, float, float]]:
    """Ask so often from as many threads: status, when the answer began and when it was over."""
    places = Semaphore(ENVIRONMENTS)

    def one(_: int) -> tuple[int, float, float]:
        headers = {"authorization": f"Bearer {ask.key}", "content-type": "application/json"}
        with places, closing(HTTPConnection(urlsplit(ask.gateway.url).netloc, timeout=60)) as connection:
            connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
            answer = connection.getresponse()
            began = time.monotonic()
            answer.read()
            return answer.status, began, time.monotonic()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def item(deployment: Deployment, key: dict[str, Any]) -> dict[str, Any]:
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        found = dynamodb.get_item(TableName=deployment.aws.access_table, Key=key, ConsistentRead=True)
    return found.get("Item", {})


def held_in(budget: dict[str, Any]) -> int:
    return sum(int(value["S"].split("|")[2]) for name, value in budget.items() if name.startswith("lease_"))


def test_no_more_requests_than_the_rate_pass_all_environments(deployment: Deployment, many: RunningFunctionUrl) -> None:
    ask = Asker(deployment, many, Policy(limits=Limits(requests_per_minute=20)))
    if (left := 60 - time.time() % 60) < 30:
        time.sleep(left + 0.1)
    statuses = [status for status, _, _ in at_once(ask, STREAM)]
    assert statuses.count(200) + statuses.count(429) == THREADS
    # An environment may hold a request that it has no use for.
    assert 20 - ENVIRONMENTS <= statuses.count(200) <= 20
    assert len(deployment.upstream.requests) == statuses.count(200)
    assert len(many.environment_pids()) > 1


def test_no_more_streams_than_may_run_at_the_same_time(deployment: Deployment, many: RunningFunctionUrl) -> None:
    ask = Asker(deployment, many, Policy(limits=Limits(concurrent_streams=3)))
    answers = at_once(ask, {**STREAM, "model": "emulator.paced-100"})
    streams = [(began, over) for status, began, over in answers if status == 200]
    assert {status for status, _, _ in answers} == {200, 429}
    assert max(sum(began <= at < over for began, over in streams) for at, _ in streams) <= 3
    for _ in range(200):
        if "slots" not in item(deployment, slots_key(f"KEY#{ask.key_id}")):
            break
        time.sleep(0.05)
    else:
        pytest.fail("not every slot was given back")


def test_no_more_money_than_the_budget_is_spent(deployment: Deployment, many: RunningFunctionUrl) -> None:
    budget = NANO_USD // 200
    ask = Asker(deployment, many, Policy(budget=Budget(nano_usd_per_day=budget)))
    statuses = [status for status, _, _ in at_once(ask, {**STREAM, "max_tokens": 300}, 2 * THREADS)]
    assert {200, 429} >= set(statuses)
    rows = ask.used(statuses.count(200))
    spent = sum(row.used.cost_nano_usd for row in rows)
    assert sum(row.used.requests for row in rows) == statuses.count(200) >= 5
    assert spent <= budget
    found = item(deployment, budget_key(f"KEY#{ask.key_id}", day_of(time.time())[:7]))
    assert int(found["month"]["N"]) == spent + held_in(found)


def test_a_killed_environment_gives_back_its_slot_and_what_it_held(deployment: Deployment) -> None:
    policy = Policy(limits=Limits(concurrent_streams=1), budget=Budget(nano_usd_per_month=NANO_USD))
    with deployment.gateway(timeout=7.0) as gateway:
        ask = Asker(deployment, gateway, policy)
        for _ in range(2):
            # The second one leases a slice beside what it needs.
            assert ask("/v1/chat/completions", STREAM).status == 200
            ask.used()
        deployment.upstream.script(SILENT, model=NOVA)
        with ThreadPoolExecutor(1) as pool:
            dying = pool.submit(at_once, ask, STREAM, 1)
            for _ in range(200):
                if len(deployment.upstream.requests) == 3:
                    break
                time.sleep(0.02)
            killed_at = time.monotonic()
            assert gateway.kill_busy() == 1
            # How it ended for its client is the platform's business.
            dying.exception(30)
        assert ask("/v1/chat/completions", STREAM).status == 429
        while ask("/v1/chat/completions", STREAM).status != 200:
            assert time.monotonic() - killed_at < 15
            time.sleep(0.25)
    scope = f"KEY#{ask.key_id}"
    key = budget_key(scope, day_of(time.time())[:7])
    before = item(deployment, key)
    assert held_in(before) > 0
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        table = AccessTable(deployment.aws.access_table, deployment, dynamodb)
        # When the leases of both environments are over, another one takes all that they held.
        table.clock.now = time.time() + 7 + 300 + 31
        spent = int(before["month"]["N"]) - held_in(before)
        other = Budgets(table.client(), table.name, table.clock, "other")
        other.settle(other.reserve(scope, policy.budget, NANO_USD - spent, table.clock()), 0)
        after = item(deployment, key)
    assert int(after["month"]["N"]) - held_in(after) == spent
    assert [name for name in after if name.startswith("lease_")] == ["lease_other"]
