"""Floods, outages and clocks: what a stranger costs, and what a key is worth while its table is away."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from gateway.access import authenticate
from gateway.errors import Unauthenticated
from gateway.messages import Request
from gateway.stores.access import AccessStore
from integration.clients.raw import Reply, request
from integration.deployment import Deployment
from integration.gateway.asking import NATIVE_HELLO, NOVA, PATHS, logged
from integration.gateway.counting import AccessTable, access_table
from integration.gateway.events import ask_by_event, event
from integration.gateway.tables_proxy import TablesProxy, tables_proxy
from sluice.cost import NANO_USD
from sluice.key_issuing import draft_key, issue_key
from sluice.keys import new_key
from sluice.policy import Budget, Limits, Policy, policy_to_json
from sluice_local.lambda_service import RunningFunctionUrl

PATH = f"/model/{NOVA}/converse"
BODY = {"messages": NATIVE_HELLO, "inferenceConfig": {"maxTokens": 9}}


@dataclass(frozen=True, slots=True)
class Warm:
    """One environment that has served a request, with a proxy before its tables."""

    gateway: RunningFunctionUrl
    tables: TablesProxy
    deployment: Deployment
    key: str

    def ask(self, key: str, headers: dict[str, str] | None = None, path: str = PATH, body: Any = BODY) -> Reply:
        return ask_by_event(self.gateway, event("POST", path, headers or {"x-api-key": key}, body))

    def resident_kilobytes(self) -> int:
        [pid] = self.gateway.environment_pids()
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@pytest.fixture
def warm(deployment: Deployment) -> Iterator[Warm]:
    with (
        tables_proxy(deployment.aws.endpoint_url) as tables,
        deployment.gateway(AWS_ENDPOINT_URL_DYNAMODB=tables.url) as gateway,
    ):
        started = Warm(gateway, tables, deployment, deployment.make_key())
        assert started.ask(started.key).status == 200
        # What the request used is written after its answer, before the next.
        assert started.ask("").status == 401
        tables.calls.clear()
        deployment.upstream.clear()
        yield started


def test_a_thousand_strangers_cost_no_read_of_a_table_and_no_call_of_bedrock(warm: Warm) -> None:
    invented = [new_key(str(number).encode())[0] for number in range(400)]
    strange = [{"x-api-key": key} for key in invented]
    strange += [{} for _ in range(200)]
    strange += [{"authorization": f"Bearer sk-{number}"} for number in range(200)]
    strange += [{"authorization": f"Bearer {key}", "api-key": "x"} for key in invented[:100]]
    strange += [{"authorization": "AWS4-HMAC-SHA256 Credential=x"} for _ in range(50)]
    strange += [{"x-api-key": warm.key[:-1] + "aa"} for _ in range(50)]
    before = warm.resident_kilobytes()
    began = time.monotonic()
    statuses = {warm.ask("", headers or {"accept": "*/*"}).status for headers in strange}
    elapsed = time.monotonic() - began
    assert (len(strange), statuses) == (1_000, {401})
    assert warm.tables.calls == {}
    assert warm.deployment.upstream.requests == []
    assert warm.resident_kilobytes() - before < 4_096
    assert elapsed < 60
    assert warm.ask(warm.key).status == 200


def test_wrong_secrets_of_a_known_id_cost_nothing_either(warm: Warm) -> None:
    _, key_id, secret = warm.key.split("_")
    for _ in range(100):
        assert warm.ask(f"slc_{key_id}_{'a' * 52}").status == 401
    assert warm.tables.calls == {}
    assert secret not in "".join(warm.gateway.logs)


def test_a_cold_environment_learns_the_secret_by_one_read_of_an_invented_id(deployment: Deployment) -> None:
    with (
        tables_proxy(deployment.aws.endpoint_url) as tables,
        deployment.gateway(AWS_ENDPOINT_URL_DYNAMODB=tables.url) as gateway,
    ):
        cold = Warm(gateway, tables, deployment, "")
        for number in range(100):
            assert cold.ask(new_key(str(number).encode())[0]).status == 401
        assert tables.calls == {"BatchGetItem": 1}


def test_a_flood_against_a_limit_asks_bedrock_for_nothing(warm: Warm) -> None:
    policy = Policy(limits=Limits(requests_per_minute=1))
    key = warm.deployment.make_key(policy_json=policy_to_json(policy))
    if (left := 60 - time.time() % 60) < 15:
        time.sleep(left + 0.1)
    statuses = [warm.ask(key).status for _ in range(100)]
    assert (statuses.count(200), statuses.count(429)) == (1, 99)
    assert len(warm.deployment.upstream.requests) == 1
    # One update takes the only request there is; whoever is over his limit is told so without another.
    assert warm.tables.calls["UpdateItem"] == 1


# --- outages ---------------------------------------------------------------------------------------------------------


def test_in_an_outage_who_is_known_goes_on_and_who_is_not_is_told_to_wait(warm: Warm) -> None:
    unseen = warm.deployment.make_key()
    warm.tables.is_down = True
    assert warm.ask(warm.key).status == 200
    answer = warm.ask(unseen)
    assert answer.status == 503
    assert "Your API key cannot be checked right now" in answer.text
    assert warm.ask(new_key(b"invented")[0]).status == 401
    [line, *_] = logged(warm.gateway, "StoreUnavailable")
    assert "DynamoDB did not answer BatchGetItem" in json.loads(line)["cause"]
    warm.tables.is_down = False
    assert warm.ask(unseen).status == 200


@pytest.mark.parametrize(
    "policy",
    [
        Policy(limits=Limits(requests_per_minute=1_000)),
        Policy(limits=Limits(tokens_per_minute=100_000)),
        Policy(limits=Limits(concurrent_streams=5)),
        Policy(budget=Budget(nano_usd_per_day=NANO_USD)),
    ],
    ids=["requests", "tokens", "streams", "budget"],
)
def test_in_an_outage_nobody_gets_past_what_cannot_be_checked(warm: Warm, policy: Policy) -> None:
    key = warm.deployment.make_key(policy_json=policy_to_json(policy))
    # Known, and nothing is leased that a request could be served from.
    assert warm.ask(key, path="/v1/chat/completions", body={"model": NOVA}).status == 400
    warm.tables.is_down = True
    warm.deployment.upstream.clear()
    if policy.limits.requests_per_minute:
        # Of a thousand an environment leases some more than one.
        answers = [warm.ask(key) for _ in range(12)]
        refused = [answer for answer in answers if answer.status == 503]
        assert refused
    else:
        refused = [warm.ask(key)]
        assert warm.deployment.upstream.requests == []
    assert refused[0].status == 503
    assert "Your limits cannot be checked right now" in refused[0].text


def test_an_answer_that_cannot_be_settled_is_an_answer_and_its_use_is_written_later(warm: Warm) -> None:
    warm.tables.is_down = True
    assert warm.ask(warm.key).status == 200
    logged(warm.gateway, "A request could not be settled in the access table")
    warm.tables.is_down = False
    assert warm.ask(warm.key).status == 200
    told = ask_by_event(warm.gateway, event("GET", "/v1/usage", {"x-api-key": warm.key})).json
    assert told["total"]["requests"] == 3


# --- clocks: the real parts in this process, on a clock that is set --------------------------------------------------


@pytest.fixture
def table(deployment: Deployment) -> Iterator[AccessTable]:
    with access_table(deployment) as table:
        yield table


def admits(table: AccessTable, store: AccessStore, key: str) -> bool:
    try:
        authenticate(Request("POST", PATH, {"x-api-key": key}, b"", "r", 0.0), "NONE", store, table.clock())
    except Unauthenticated:
        return False
    return True


@pytest.mark.parametrize(
    ("change", "values"),
    [
        ("SET disabled = :value", {":value": {"BOOL": True}}),
        ("REMOVE disabled", {}),
        ("SET secret_sha256 = :value", {":value": {"S": "0" * 64}}),
        ("SET valid_until = :value", {":value": {"N": "1"}}),
    ],
    ids=["disabled", "without its state", "rotated", "expired"],
)
def test_a_changed_key_is_known_as_such_within_thirty_seconds(
    table: AccessTable, change: str, values: dict[str, Any]
) -> None:
    key, row = issue_key(table.boto3, table.name, draft_key("test"))
    store = AccessStore(table.client(), table.name, table.clock)
    assert admits(table, store, key)
    item = {"pk": {"S": f"KEY#{row.key_id}"}, "sk": {"S": "KEY"}}
    attributes = {"ExpressionAttributeValues": values} if values else {}
    table.boto3.update_item(TableName=table.name, Key=item, UpdateExpression=change, **attributes)
    table.clock.now += 29
    assert admits(table, store, key)
    table.clock.now += 1
    assert not admits(table, store, key)


def test_a_deleted_key_is_refused_within_thirty_seconds(table: AccessTable) -> None:
    key, row = issue_key(table.boto3, table.name, draft_key("test"))
    store = AccessStore(table.client(), table.name, table.clock)
    assert admits(table, store, key)
    table.boto3.delete_item(TableName=table.name, Key={"pk": {"S": f"KEY#{row.key_id}"}, "sk": {"S": "KEY"}})
    table.clock.now += 30
    assert not admits(table, store, key)


# --- time ------------------------------------------------------------------------------------------------------------


def test_known_and_unknown_ids_take_the_same_time(table: AccessTable) -> None:
    """2,000 tries of each, one after the other in turn, so that whatever else the machine does meets both alike.

    What differs between them must be lost in what differs between two runs of the same.
    """
    key, _ = issue_key(table.boto3, table.name, draft_key("test"))
    deleted, row = issue_key(table.boto3, table.name, draft_key("deleted"))
    table.boto3.delete_item(TableName=table.name, Key={"pk": {"S": f"KEY#{row.key_id}"}, "sk": {"S": "KEY"}})
    store = AccessStore(table.client(), table.name, table.clock)
    wrong = f"{key[:21]}{'a' * 52}"
    tried = {"known": wrong, "known again": wrong, "unknown": deleted, "invented": new_key(b"x")[0]}
    times: dict[str, list[int]] = {name: [] for name in tried}
    for text in tried.values():
        assert not admits(table, store, text)
    for _ in range(2_000):
        for name, text in tried.items():
            began = time.perf_counter_ns()
            admits(table, store, text)
            times[name].append(time.perf_counter_ns() - began)
    middle = {name: quantiles(taken, n=4) for name, taken in times.items()}
    spread = middle["known"][2] - middle["known"][0]
    for name in ("known again", "unknown", "invented"):
        # A hundredth of a millisecond is less than what any network between us and a stranger adds by itself.
        assert abs(middle[name][1] - middle["known"][1]) < max(spread, 10_000), middle


def test_the_whole_body_is_never_read_for_a_stranger(warm: Warm) -> None:
    large = b'{"messages": [' + b" " * 4_000_000 + b"]}"
    began = time.monotonic()
    answers = [request(warm.gateway.url, "POST", PATHS["openai"][0], {"x-api-key": "x"}, large) for _ in range(5)]
    assert {answer.status for answer in answers} == {401}
    assert time.monotonic() - began < 10
    assert warm.tables.calls == {}
