"""pi-ai, and so OpenClaw, works through Sluice as it does with Bedrock: thinking, tools, images, turns."""

import base64
from copy import replace
from typing import Any

import pytest
from integration.clients.clients import Clients
from integration.clients.node_clients import Pi
from integration.clients.outcome import Outcome, Target
from integration.deployment import BEDROCK_API_KEY, Deployment
from sluice_local.bedrock_runtime.scenarios.replies import PIXEL

pytestmark = pytest.mark.node

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS = "us.anthropic.claude-opus-4-7"
ARN = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456"
WEATHER_TOOL = {
    "name": "get_weather",
    "description": "Tells the weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
# Anthropic's own switch for tests: the answer's thinking comes encrypted.
ENCRYPTED = (
    "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9A13E193C177646C7398A98432ECCCE4C1253D5E2D82641AC0E52CC2876CB"
)
WEATHER = {"get_weather": "18 degrees and a light breeze"}
BEDROCK = ("pi-0.73-bedrock", "pi-1.3-bedrock")
COMPLETIONS = ("pi-0.73-openai", "pi-1.3-openai")
RESPONSES = ("pi-0.73-responses", "pi-1.3-responses")
MESSAGES = ("pi-0.73-anthropic", "pi-1.3-anthropic")


@pytest.mark.parametrize("model", [SONNET, OPUS, ARN], ids=["budget", "adaptive", "arn"])
@pytest.mark.parametrize("name", BEDROCK)
def test_a_conversation_with_thinking_and_tools_is_the_same_as_with_bedrock_itself(
    name: str, model: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    direct = _talk(clients[name], replace(target, url=deployment.upstream.url, key=BEDROCK_API_KEY), model)
    through = _talk(clients[name], target, model)
    assert through.failure is None
    assert _said(through) == _said(direct)
    bodies = [request.body for request in deployment.upstream.requests]
    assert len(bodies) == 4
    assert bodies[2:] == bodies[:2]


@pytest.mark.parametrize("name", BEDROCK + MESSAGES)
def test_thinking_and_tools_come_out_as_pi_expects_them(name: str, clients: Clients, target: Target) -> None:
    outcome = _talk(clients[name], target, SONNET)
    first, last = outcome.reply["messages"]
    thinking, *_, call = first["content"]
    assert thinking["type"] == "thinking"
    assert thinking["thinking"]
    assert thinking["thinkingSignature"]
    assert (call["type"], call["name"], call["arguments"]) == ("toolCall", "get_weather", {"city": "Paris"})
    assert (first["stopReason"], last["stopReason"]) == ("toolUse", "stop")
    assert "18 degrees" in outcome.text


@pytest.mark.parametrize("name", BEDROCK + MESSAGES)
def test_thoughts_go_back_to_bedrock_as_they_came(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    outcome = _talk(clients[name], target, SONNET)
    thinking = outcome.reply["messages"][0]["content"][0]
    first, second = (request.json for request in deployment.upstream.requests)
    assert first["additionalModelRequestFields"]["thinking"]["type"] == "enabled"
    _, said, results = second["messages"]
    replayed = said["content"][0]["reasoningContent"]["reasoningText"]
    assert replayed == {"text": thinking["thinking"], "signature": thinking["thinkingSignature"]}
    assert results["content"][0]["toolResult"]["content"] == [{"text": WEATHER["get_weather"]}]


def test_encrypted_thoughts_go_back_to_bedrock_as_they_came(
    clients: Clients, target: Target, deployment: Deployment
) -> None:
    outcome = _talk(clients["pi-1.3-bedrock"], target, SONNET, f"What is the weather in Paris? {ENCRYPTED}")
    assert outcome.failure is None
    hidden = outcome.reply["messages"][0]["content"][0]
    said = deployment.upstream.requests[1].json["messages"][1]
    assert hidden["redacted"] is True
    assert said["content"][0]["reasoningContent"] == {"redactedContent": hidden["thinkingSignature"]}


@pytest.mark.parametrize("name", COMPLETIONS + RESPONSES)
def test_thoughts_go_back_through_openais_dialects_too(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    outcome = _talk(clients[name], target, SONNET)
    assert outcome.failure is None
    first, second = (request.json for request in deployment.upstream.requests)
    assert first["additionalModelRequestFields"]["thinking"]["type"] == "enabled"
    # The emulator refuses a signature that does not belong to its text.
    assert second["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]["signature"]


@pytest.mark.parametrize("name", BEDROCK + COMPLETIONS + RESPONSES + MESSAGES)
def test_an_image_reaches_bedrock(name: str, clients: Clients, target: Target, deployment: Deployment) -> None:
    image = {"type": "image", "data": base64.b64encode(PIXEL).decode(), "mimeType": "image/png"}
    content = [{"type": "text", "text": "What is this?"}, image]
    outcome = _ask(clients[name], target, SONNET, context={"messages": [_user(content)]})
    assert outcome.failure is None
    (sent,) = deployment.upstream.requests
    block = {"image": {"format": "png", "source": {"bytes": image["data"]}}}
    assert block in sent.json["messages"][0]["content"]


@pytest.mark.parametrize("name", COMPLETIONS)
def test_a_conversation_through_chat_completions_keeps_its_turns(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    first = _ask(clients[name], target, SONNET, context={"systemPrompt": "Be brief.", "messages": [_user("Hello!")]})
    history = [_user("Hello!"), *first.reply["messages"], _user("And now?")]
    second = _ask(
        clients[name],
        target,
        SONNET,
        about={"reasoning": True},
        context={"systemPrompt": "Be brief.", "messages": history},
    )
    assert (first.failure, second.failure) == (None, None)
    sent = deployment.upstream.requests[-1].json
    assert sent["system"] == [{"text": "Be brief."}]
    assert sent["messages"] == [
        {"role": "user", "content": [{"text": "Hello!"}]},
        {"role": "assistant", "content": [{"text": first.text}]},
        {"role": "user", "content": [{"text": "And now?"}]},
    ]


@pytest.mark.parametrize("name", COMPLETIONS)
def test_tools_come_out_of_chat_completions_as_pi_expects_them(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    outcome = _talk(clients[name], target, SONNET)
    assert outcome.failure is None
    first, last = outcome.reply["messages"]
    (call,) = [block for block in first["content"] if block["type"] == "toolCall"]
    assert (call["name"], call["arguments"]) == ("get_weather", {"city": "Paris"})
    assert (first["stopReason"], last["stopReason"]) == ("toolUse", "stop")
    assert "18 degrees" in outcome.text
    (result,) = deployment.upstream.requests[1].json["messages"][-1]["content"]
    assert result["toolResult"]["content"] == [{"text": WEATHER["get_weather"]}]


@pytest.mark.parametrize("scenario", ["throttled-tokens", "midstream-throttling"])
@pytest.mark.parametrize("name", BEDROCK + COMPLETIONS + RESPONSES + MESSAGES)
def test_too_many_tokens_a_minute_is_not_taken_for_too_long_a_context(
    name: str, scenario: str, clients: Clients, target: Target
) -> None:
    # It would make the agent throw away its history.
    outcome = _ask(clients[name], target, f"emulator.{scenario}")
    assert outcome.failure
    assert outcome.reply["overflow"] is False


@pytest.mark.parametrize("name", BEDROCK + COMPLETIONS + RESPONSES + MESSAGES)
def test_too_long_a_context_is_taken_for_one(name: str, clients: Clients, target: Target) -> None:
    outcome = _ask(clients[name], target, "emulator.too-long")
    assert outcome.failure
    assert outcome.reply["overflow"] is True


def _talk(client: object, target: Target, model: str, question: str = "What is the weather in Paris?") -> Outcome:
    context = {"systemPrompt": "You are helpful.", "messages": [_user(question)], "tools": [WEATHER_TOOL]}
    about = {"reasoning": True, "name": "Claude"}
    return _ask(client, target, model, about=about, context=context, loop=WEATHER, reasoning="low")


def _ask(client: object, target: Target, model: str, **members: Any) -> Outcome:
    assert isinstance(client, Pi)
    return client.ask(target, model, **members)


def _user(content: object) -> dict[str, Any]:
    return {"role": "user", "content": content, "timestamp": 0}


def _said(outcome: Outcome) -> list[tuple[object, object]]:
    return [(message["stopReason"], message["content"]) for message in outcome.reply["messages"]]
