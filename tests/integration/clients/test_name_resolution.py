"""What a client calls a model becomes what Bedrock is asked for, and never what the operator forbids."""

import json

import openai
import pytest
from integration.clients.outcome import Target
from integration.clients.raw import request
from integration.clients.scenarios import PLAIN, TEXT
from integration.deployment import ELSEWHERE, Deployment
from integration.fresh_catalog import Fresh, fresh
from integration.lambda_service.serving import wait_until
from sluice_local.bedrock_runtime.recording import RecordedRequest

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = f"us.{MODEL}"
MESSAGES = [{"role": "user", "content": "Hello!"}]
CONTENT = [{"role": "user", "content": [{"text": "Hello!"}]}]


@pytest.mark.parametrize(
    "name",
    [
        "claude-sonnet-4-5",
        "amazon-bedrock/claude-sonnet-4-5",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic.claude-sonnet-4-5-20250929-v1",
        "us.anthropic.claude-sonnet-4-5-20250929-v1",
    ],
)
def test_a_model_without_throughput_on_demand_is_reached_through_its_profile(
    name: str, target: Target, deployment: Deployment
) -> None:
    deployment.upstream.script(PLAIN)
    with openai.OpenAI(base_url=f"{target.url}/v1", api_key=target.key, max_retries=0) as client:
        reply = client.chat.completions.create(model=name, messages=MESSAGES)
    assert reply.choices[0].message.content == TEXT
    assert deployment.calls(PROFILE) == 1


def test_the_native_api_takes_the_same_names(target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN)
    authorization = {"authorization": f"Bearer {target.key}"}
    reply = request(target.url, "POST", "/model/claude-sonnet-4-5/converse", authorization, {"messages": CONTENT})
    assert reply.json["output"]["message"]["content"] == [{"text": TEXT}]
    assert deployment.calls(PROFILE) == 1


def test_an_unknown_name_is_a_404_that_names_the_nearest(target: Target, deployment: Deployment) -> None:
    with (
        openai.OpenAI(base_url=f"{target.url}/v1", api_key=target.key, max_retries=0) as client,
        pytest.raises(openai.NotFoundError, match=r"There is no model 'claude-sonet-4-5'\. The nearest: claude-sonnet"),
    ):
        client.chat.completions.create(model="claude-sonet-4-5", messages=MESSAGES)
    assert deployment.upstream.requests == []


NEAREST = "There is no model 'claude-sonet-4-5'. The nearest: claude-sonnet-4-5, "


@pytest.mark.parametrize(
    ("method", "path", "headers", "message_in"),
    [
        ("POST", "/v1/chat/completions", {}, lambda answer: answer["error"]["message"]),
        ("POST", "/v1/responses", {}, lambda answer: answer["error"]["message"]),
        ("POST", "/v1/messages", {}, lambda answer: answer["error"]["message"]),
        ("POST", "/v1/messages/count_tokens", {}, lambda answer: answer["error"]["message"]),
        ("POST", "/model/claude-sonet-4-5/converse", {}, lambda answer: answer["message"]),
        ("POST", "/model/claude-sonet-4-5/converse-stream", {}, lambda answer: answer["message"]),
        ("GET", "/v1/models/claude-sonet-4-5", {}, lambda answer: answer["error"]["message"]),
        (
            "GET",
            "/v1/models/claude-sonet-4-5",
            {"anthropic-version": "2023-06-01"},
            lambda answer: answer["error"]["message"],
        ),
    ],
)
def test_an_unknown_name_is_a_404_in_every_dialect(method, path, headers, message_in, target: Target) -> None:
    body = {"model": "claude-sonet-4-5", "max_tokens": 5, "messages": MESSAGES, "input": "Hello!"}
    asked = {"messages": CONTENT} if path.startswith("/model/") else body
    authorization = {"authorization": f"Bearer {target.key}", **headers}
    reply = request(target.url, method, path, authorization, asked if method == "POST" else None)
    assert reply.status == 404
    assert message_in(reply.json).startswith(NEAREST)


def test_a_residency_policy_is_never_broken(deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN)
    with deployment.gateway(SLUICE_RESIDENCY="us-east-1") as gateway:
        authorization = {"authorization": f"Bearer {deployment.api_key}"}
        body = {"model": "claude-sonnet-4-5", "messages": MESSAGES}
        refused = request(gateway.url, "POST", "/v1/chat/completions", authorization, body)
        assert (refused.status, "residency policy forbids" in refused.json["error"]["message"]) == (403, True)
        native = request(gateway.url, "POST", f"/model/{PROFILE}/converse", authorization, {"messages": CONTENT})
        assert (native.status, native.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
        allowed = "/model/amazon.nova-lite-v1:0/converse"
        assert request(gateway.url, "POST", allowed, authorization, {"messages": CONTENT}).status == 200
    assert [sent.target for sent in deployment.upstream.requests] == ["/model/amazon.nova-lite-v1%3A0/converse"]


def test_the_order_of_preference_is_the_operators(deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN)
    with deployment.gateway(SLUICE_PROFILE_PREFERENCE="global,us") as gateway:
        authorization = {"authorization": f"Bearer {deployment.api_key}"}
        body = {"model": "claude-sonnet-4-5", "messages": MESSAGES}
        assert request(gateway.url, "POST", "/v1/chat/completions", authorization, body).status == 200
    assert deployment.calls(PROFILE.replace("us.", "global.")) == 1


def test_a_model_that_only_another_region_has_is_asked_there(deployment: Deployment) -> None:
    arguments = {"SLUICE_DISCOVERY_REGION": f"us-east-1,{ELSEWHERE}"}
    with fresh(deployment, "two-regions", **arguments) as it:
        assert it.models()
        only_there = f"eu.{MODEL}"
        for path, body in (
            ("/v1/chat/completions", {"model": only_there, "messages": MESSAGES}),
            (f"/model/{only_there}/converse", {"messages": CONTENT}),
            (f"/model/{MODEL}/converse", {"messages": CONTENT}),
        ):
            assert request(it.gateway.url, "POST", path, it.bearer(), body).status == 200
        asked = [(sent.path.split("/")[2], _signed_for(sent)) for sent in deployment.upstream.requests]
        assert asked == [(only_there, ELSEWHERE), (only_there, ELSEWHERE), (f"us.{MODEL}", "us-east-1")]
        assert wait_until(lambda: _logged_regions(it)[2:]) == ["us-east-1"]
        assert _logged_regions(it) == [ELSEWHERE, ELSEWHERE, "us-east-1"]


def _logged_regions(it: Fresh) -> list[str]:
    return [json.loads(line)["region"] for line in it.gateway.logs if '"stop_reason"' in line]


def _signed_for(sent: RecordedRequest) -> str:
    return (sent.header("authorization") or "").split("/")[2]
