"""A request's trace goes on to whatever AWS does for it, as an SDK in Lambda would pass it on."""

import time

from integration.clients.raw import request
from integration.deployment import Deployment
from integration.fresh_catalog import fresh
from sluice_local.lambda_service import RunningFunctionUrl

TRACE = "Root=1-6b050f93-41c3d4f2b07db9281272e070;Parent=53995c3f42cd8ad8;Sampled=1"
NOVA = "amazon.nova-lite-v1:0"


def test_bedrock_is_told_the_trace_of_the_invocation_once(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    body = {"model": NOVA, "messages": [{"role": "user", "content": "Hello!"}]}
    headers = {"authorization": f"Bearer {deployment.api_key}"}
    paths = ("/v1/chat/completions", f"/model/{NOVA}/converse")
    for path, asked in zip(
        paths, (body, {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}), strict=True
    ):
        reply = request(gateway.url, "POST", path, headers, asked)
        assert reply.status == 200, reply.text
        assert traces_of(deployment.upstream.requests[-1].headers) == [reply.headers["x-amzn-trace-id"]]


def test_a_clients_own_trace_goes_on(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    headers = {"authorization": f"Bearer {deployment.api_key}", "x-amzn-trace-id": TRACE}
    asked = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    assert request(gateway.url, "POST", f"/model/{NOVA}/converse", headers, asked).status == 200
    assert traces_of(deployment.upstream.requests[-1].headers) == [TRACE]


def test_the_refresh_that_a_request_begins_belongs_to_its_trace(deployment: Deployment) -> None:
    # What the function logs is the trace that Lambda's Invoke API was told.
    with fresh(deployment, "traced") as it:
        headers = it.bearer() | {"x-amzn-trace-id": TRACE}
        assert request(it.gateway.url, "GET", "/v1/models", headers).status == 200
        until = time.monotonic() + 10
        while not (lines := [line for line in it.refresh.logs if "The catalog was refreshed" in line]):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert "1-6b050f93-41c3d4f2b07db9281272e070" in lines[0]


def traces_of(headers: tuple[tuple[str, str], ...]) -> list[str]:
    return [value for name, value in headers if name == "x-amzn-trace-id"]
