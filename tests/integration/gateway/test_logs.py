"""What leaves a request behind in the log: its line and its metrics, with its own invocation, and nothing secret."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from integration.clients.raw import request
from integration.deployment import Deployment
from integration.watched_logs import WATCHED, WatchedLogs
from sluice_local.bedrock_runtime.scenarios.faults import midstream_exception
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.lambda_service import RunningFunctionUrl

NOVA = "us.amazon.nova-pro-v1:0"
MADE_UP = "made.up-model-v1:0"
PROMPT = "Nobody but the model may read these words."
HELLO: Any = [{"role": "user", "content": PROMPT}]
NATIVE_HELLO: Any = {"messages": [{"role": "user", "content": [{"text": PROMPT}]}]}
CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def counting(deployment: Deployment) -> Iterator[RunningFunctionUrl]:
    """A gateway that counts, as one in Lambda does."""
    with deployment.gateway(SLUICE_METRICS="by-model-and-caller", AWS_LAMBDA_FUNCTION_NAME="it") as gateway:
        yield gateway


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def bearer(deployment: Deployment) -> dict[str, str]:
    return {"authorization": f"Bearer {deployment.api_key}"}


def wait_for[T](look: Callable[[], list[T]], number: int) -> list[T]:
    """Return what is found once there is so much of it."""
    for _ in range(500):
        if len(found := look()) >= number:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{len(found)} instead of {number}: {found}")


def entries(gateway: RunningFunctionUrl, since: int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gateway.logs[since:] if line.startswith("{")]


def metrics(gateway: RunningFunctionUrl, since: int) -> list[dict[str, Any]]:
    return [entry for entry in entries(gateway, since) if "_aws" in entry]


def test_a_streamed_requests_line_and_metrics_leave_with_its_own_invocation(
    counting: RunningFunctionUrl, deployment: Deployment, bearer: dict[str, str]
) -> None:
    since = len(counting.logs)
    reply = request(counting.url, "POST", CHAT, bearer, {"model": NOVA, "messages": HELLO, "stream": True})
    assert reply.status == 200
    # Nothing is asked after it, so what is there came with it.
    [line, counted] = wait_for(lambda: entries(counting, since), 2)
    assert (line["message"], line["outcome"], line["stop_reason"]) == ("request", "ok", "end_turn")
    assert 0 < line["lag_ms"] <= line["lag_most_ms"]
    assert counted["Requests"] == 1
    assert counted["Failures"] == 0
    assert counted["InputTokens"] == line["input_tokens"]
    assert counted["Cost"] == line["cost_usd"]
    assert counted["Lag"] == line["lag_most_ms"]
    assert (counted["service"], counted["model"]) == ("sluice-gateway", NOVA)
    assert counted["caller"] == deployment.api_key.split("_")[1]


def test_a_refused_request_is_counted_by_its_outcome(counting: RunningFunctionUrl) -> None:
    since = len(counting.logs)
    assert request(counting.url, "POST", CHAT, {}, {}).status == 401
    [counted] = wait_for(lambda: metrics(counting, since), 1)
    assert (counted["outcome"], counted["Failures"]) == ("Unauthenticated", 1)
    assert "caller" not in counted


def test_names_that_clients_make_up_are_one_model_to_the_metrics(
    counting: RunningFunctionUrl, bearer: dict[str, str]
) -> None:
    since = len(counting.logs)
    request(counting.url, "POST", CHAT, bearer, {"model": MADE_UP, "messages": HELLO})
    [counted] = wait_for(lambda: metrics(counting, since), 1)
    assert (counted["model"], counted["Failures"]) == ("(other)", 1)


def test_a_gateway_that_is_told_to_counts_nothing(
    gateway: RunningFunctionUrl, deployment: Deployment, bearer: dict[str, str]
) -> None:
    since = len(gateway.logs)
    request(gateway.url, "POST", CHAT, bearer, {"model": NOVA, "messages": HELLO})
    wait_for(lambda: [entry for entry in entries(gateway, since) if entry.get("message") == "request"], 1)
    assert metrics(gateway, since) == []


def test_no_way_to_fail_writes_a_prompt_a_reply_or_a_key_into_the_log(
    counting: RunningFunctionUrl, deployment: Deployment, bearer: dict[str, str]
) -> None:
    since = len(counting.logs)
    for headers, path, body in attempts(deployment, bearer):
        request(counting.url, "POST", path, headers, body)
    wait_for(lambda: metrics(counting, since), len(attempts(deployment, bearer)))
    watched = WatchedLogs(forbidden=dict(WATCHED.forbidden))
    watched.forbid("a prompt", PROMPT, PROMPT.replace(" ", "-"))
    watched.watch("the gateway", lambda: counting.logs[since:])
    assert watched.findings() == []


def attempts(deployment: Deployment, bearer: dict[str, str]) -> list[tuple[dict[str, str], str, Any]]:
    """Return requests that end in every way there is; Bedrock is told to fail some of them."""
    deployment.upstream.clear()
    deployment.upstream.script(library_scenario("throttled"), model=NOVA)
    deployment.upstream.script(midstream_exception("modelStreamErrorException"), model=NOVA)
    other = deployment.make_key()
    secret = deployment.api_key[:-1]
    hyphened = PROMPT.replace(" ", "-")
    chat: Any = {"model": NOVA, "messages": HELLO}
    return [
        (bearer, CHAT, chat),
        (bearer, CHAT, {**chat, "stream": True}),
        (bearer, CHAT, {**chat, "stream": True}),
        (bearer, "/v1/responses", {"model": NOVA, "input": PROMPT}),
        (bearer, "/v1/messages", {**chat, "max_tokens": 10}),
        (bearer, f"/model/{NOVA}/converse", NATIVE_HELLO),
        (bearer, f"/model/{NOVA}/converse-stream", NATIVE_HELLO),
        # What a body is not.
        (bearer, CHAT, json.dumps(chat).encode()[:-1]),
        (bearer, CHAT, PROMPT.encode()),
        (bearer, f"/model/{NOVA}/converse", PROMPT.encode()),
        # Words in places that are logged.
        (bearer, CHAT, {**chat, PROMPT: 1, hyphened: PROMPT, deployment.api_key: 1}),
        (bearer, CHAT, {**chat, "model": PROMPT}),
        ({**bearer, "anthropic-beta": PROMPT}, "/v1/messages", {**chat, "max_tokens": 10}),
        (bearer, "/v1/nothing?" + hyphened, chat),
        # Keys that open nothing, and signatures.
        ({"authorization": f"Bearer {secret}"}, CHAT, chat),
        ({"x-api-key": deployment.api_key, "api-key": other}, CHAT, chat),
        ({"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=0123456789abcdef"}, CHAT, chat),
    ]
