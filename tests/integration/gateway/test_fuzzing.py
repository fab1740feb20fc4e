"""Whatever is sent, the gateway answers in order: no fault of ours, no leak, no dead environment, no growing memory.

`FUZZ_EXAMPLES=20000 .venv/bin/pytest tests/integration/gateway/test_fuzzing.py --timeout 0`
looks further than a test run does.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gateway.application import Application
from gateway.messages import Request
from gateway.settings import read_settings
from gateway.wiring import build_application
from hypothesis import HealthCheck, given, settings
from integration.deployment import Deployment
from integration.gateway.asking import GUARDRAIL, NOVA
from integration.gateway.events import ask_by_event, event
from integration.gateway.fuzzing import BODIES, HEADERS, METHODS, QUERIES
from sluice.cost import NANO_USD
from sluice.policy import Budget, Limits, Policy, policy_to_json
from sluice.residency import Residency
from sluice_local.lambda_service import RunningFunctionUrl

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
POLICIES = {
    "none": Policy(),
    "limits": Policy(limits=Limits(max_output_tokens=3_000, max_request_bytes=100_000, tokens_per_minute=10**12)),
    "budget": Policy(budget=Budget(nano_usd_per_day=10**9 * NANO_USD)),
    "guardrail": Policy(guardrail=GUARDRAIL, attribution=True),
    "lists": Policy(allowed_models=("*nova*", "provider:anthropic"), residency=Residency(("us",))),
}
# What only we say, and what nobody must see.
TRACES = ("Traceback", "Sluice failed", ".py", "orjson", "dataclass", "NoneType")


@pytest.fixture(scope="module")
def application(deployment: Deployment) -> Iterator[Application]:
    """The gateway's parts in this process, with the tables and the Bedrock of the test run."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in deployment.environment.items():
            patch.setenv(name, value)
        made = build_application(read_settings(os.environ))
        yield made
        for endpoint in (*made.bedrock._endpoints.values(), made.access._dynamodb._endpoint):
            endpoint.close()


@pytest.fixture(scope="module")
def keys(deployment: Deployment) -> dict[str, str]:
    return {name: deployment.make_key(policy_json=policy_to_json(policy)) for name, policy in POLICIES.items()}


def is_in_order(status: int, text: str, secrets: list[str]) -> None:
    assert 200 <= status < 500, (status, text)
    assert not any(trace in text for trace in TRACES), text
    assert not any(secret in text for secret in secrets), text


@FUZZED
@given(METHODS, HEADERS, BODIES, QUERIES)
def test_no_request_is_answered_with_a_fault_of_ours(
    application: Application, keys: dict[str, str], method: str, headers: Any, asked: Any, query: str
) -> None:
    path, body = asked
    policy = list(POLICIES)[len(body) % len(POLICIES)]
    request = Request(
        method, path, {**headers, "x-api-key": keys[policy]}, body, "request-1", time.monotonic() + 30, query=query
    )
    response = application.handle(request)
    try:
        text = b"".join(response.body).decode(errors="replace")
    finally:
        response.body.close()  # type: ignore[attr-defined] - it is a LoggedBody
    is_in_order(response.status, text, list(keys.values()))


@settings(FUZZED, max_examples=max(100, EXAMPLES // 4))
@given(METHODS, HEADERS, BODIES, QUERIES)
def test_no_request_harms_a_running_environment(
    gateway: RunningFunctionUrl, keys: dict[str, str], method: str, headers: Any, asked: Any, query: str
) -> None:
    path, body = asked
    key = keys[list(POLICIES)[len(body) % len(POLICIES)]]
    answer = ask_by_event(gateway, event(method, f"{path}?{query}", {**headers, "x-api-key": key}, body))
    is_in_order(answer.status, answer.body.decode(errors="replace"), list(keys.values()))


def test_odd_requests_leave_the_memory_as_it_was(deployment: Deployment, keys: dict[str, str]) -> None:
    paths = ("/model/a%00/converse", "/x", f"/model/{NOVA}/nothing", "/v1/messages", "/v1/chat/completions")
    with deployment.gateway() as gateway:

        def ask(number: int) -> None:
            body = b'{"model": "' + str(number).encode() * 20 + b'"}'
            headers = {"x-api-key": keys["limits"], f"x-{number}": "x"}
            answer = ask_by_event(gateway, event("POST", paths[number % len(paths)], headers, body))
            assert 400 <= answer.status < 500

        for number in range(500):
            ask(number)
        before = _resident_kilobytes(gateway)
        for number in range(500, 3_500):
            ask(number)
        assert _resident_kilobytes(gateway) - before < 2_048


def _resident_kilobytes(gateway: RunningFunctionUrl) -> int:
    [pid] = gateway.environment_pids()
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


_HEAD = f'{{"model": "{NOVA}", "max_tokens": 9, "messages": '.encode()
DEEP = {
    "arrays": b"[" * 50_000,
    "objects": b'{"a":' * 50_000,
    "in a message": _HEAD + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "in a schema": _HEAD + b'[], "tools": ' + b'[{"a":' * 450 + b"1" + b"}]" * 450 + b"}",
    "six megabytes of blanks": _HEAD + b"[" + b" " * 4_400_000 + b"]}",
    "six megabytes of a list": _HEAD + b"[" + b"1," * 2_200_000 + b"1]}",
    "six megabytes of a text": _HEAD + b'"' + b"a" * 4_400_000,
}
CHATS = ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings", f"/model/{NOVA}/converse"]


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
@pytest.mark.parametrize("path", CHATS)
@pytest.mark.parametrize("policy", ["none", "limits", "guardrail"])
def test_deep_and_large_bodies_are_refused_quickly(
    gateway: RunningFunctionUrl, keys: dict[str, str], path: str, policy: str, body: bytes
) -> None:
    [*pids] = gateway.environment_pids()
    began = time.monotonic()
    answer = ask_by_event(gateway, event("POST", path, {"x-api-key": keys[policy]}, body))
    elapsed = time.monotonic() - began
    assert answer.status in (400, 404, 413), answer.text
    # With all of the emulator's work, on a machine that does other things besides.
    assert elapsed < 3
    assert set(pids) <= set(gateway.environment_pids())
