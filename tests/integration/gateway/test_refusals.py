"""What Bedrock refuses because a model takes less than was known of it is asked again without that."""

import json
from typing import Any

import pytest
from integration.clients.raw import Reply, request
from integration.deployment import Deployment
from integration.gateway.asking import HELLO, SONNET, Asker, logged
from sluice.policy import Budget, Limits, Policy
from sluice_local.bedrock_runtime.errors import refused
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.lambda_service import RunningFunctionUrl

LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "parameters": SCHEMA}
TOO_COMPLEX = "The model returned the following errors: compilation exceeded limits: Schema is too complex."
# Structured output in each dialect, and where its answer's text is.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": (
        "/v1/chat/completions",
        {"messages": HELLO, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
    ),
    "responses": (
        "/v1/responses",
        {"input": HELLO, "text": {"format": {"type": "json_schema", "name": "x", "schema": SCHEMA}}},
    ),
    "messages": (
        "/v1/messages",
        {
            "messages": HELLO,
            "max_tokens": 100,
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
    ),
}


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


def refuse(deployment: Deployment, *texts: str, times: int = 1) -> None:
    scenarios = [Scenario("refused", refusal=refused("ValidationException", text)) for text in texts]
    deployment.upstream.script(*scenarios, times=times)


def ask(deployment: Deployment, gateway: RunningFunctionUrl, path: str, body: dict[str, Any]) -> Reply:
    headers = {"authorization": f"Bearer {deployment.api_key}"}
    return request(gateway.url, "POST", path, headers, {"model": SONNET, **body})


def sent(deployment: Deployment) -> list[Any]:
    return [request.json for request in deployment.upstream.requests]


def line_of(gateway: RunningFunctionUrl, reply: Reply) -> Any:
    [line] = logged(gateway, f'"request_id":"{reply.headers["x-sluice-request-id"]}"')
    return json.loads(line)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", ASKED)
def test_a_schema_that_is_too_complex_goes_to_a_tool(
    deployment: Deployment, gateway: RunningFunctionUrl, dialect: str, stream: bool
) -> None:
    refuse(deployment, TOO_COMPLEX)
    path, body = ASKED[dialect]
    reply = ask(deployment, gateway, path, {**body, "stream": stream})
    assert reply.status == 200
    assert "city" in reply.text
    assert "json_tool_call" not in reply.text
    first, second = sent(deployment)
    assert "outputConfig" in first
    assert "outputConfig" not in second
    assert second["toolConfig"]["toolChoice"] == {"tool": {"name": "json_tool_call"}}
    line = line_of(gateway, reply)
    assert (line["left_away"], line["outcome"]) == (["strict_tools", "structured_output"], "ok")


def test_several_things_are_left_away_one_after_the_other(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    refuse(
        deployment,
        "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
        "You invoked an unsupported model or your request did not allow prompt caching.",
    )
    system = [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]
    messages = [{"role": "system", "content": system}, *HELLO]
    reply = ask(deployment, gateway, "/v1/chat/completions", {"messages": messages, "stop": ["zz"]})
    assert reply.status == 200
    one, two, three = sent(deployment)
    assert one["inferenceConfig"]["stopSequences"] == ["zz"]
    assert "inferenceConfig" not in two
    assert [len(body["system"]) for body in (one, two, three)] == [2, 2, 1]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_is_refused_for_the_same_again_is_the_answer(
    deployment: Deployment, gateway: RunningFunctionUrl, stream: bool
) -> None:
    refuse(deployment, TOO_COMPLEX, times=9)
    path, body = ASKED["chat"]
    reply = ask(deployment, gateway, path, {**body, "stream": stream})
    assert (reply.status, reply.json["error"]["message"]) == (400, TOO_COMPLEX)
    assert len(sent(deployment)) == 2


def test_any_other_refusal_is_the_answer_at_once(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    refuse(deployment, "Input is too long for requested model.")
    assert ask(deployment, gateway, *ASKED["chat"]).status == 400
    assert len(sent(deployment)) == 1


def test_bedrocks_own_api_keeps_its_refusals(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    refuse(deployment, TOO_COMPLEX)
    native = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    assert ask(deployment, gateway, f"/model/{SONNET}/converse", native).status == 400
    assert len(sent(deployment)) == 1


LIMITED = Policy(limits=Limits(tokens_per_minute=60), budget=Budget(nano_usd_per_day=10**9))


def test_what_is_asked_again_is_set_aside_once(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    refuse(deployment, "This model doesn't support the stopSequences field. Remove stopSequences and try again.")
    key = Asker(deployment, gateway, LIMITED)
    body = {"model": SONNET, "messages": HELLO, "max_tokens": 50, "stop": ["zz"]}
    assert key("/v1/chat/completions", body).status == 200
    assert len(sent(deployment)) == 2


def test_a_whole_answer_told_as_a_stream_is_set_aside_once(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    key = Asker(deployment, gateway, LIMITED)
    tools = [{"type": "function", "function": FUNCTION}]
    body = {"model": LLAMA, "messages": HELLO, "max_tokens": 50, "tools": tools, "stream": True}
    reply = key("/v1/chat/completions", body)
    assert reply.status == 200
    assert len(sent(deployment)) == 2
    assert line_of(gateway, reply)["left_away"] == ["streaming"]
