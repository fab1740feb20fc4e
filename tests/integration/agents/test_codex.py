"""Codex against the gateway, as a client of Responses."""

from pathlib import Path
from typing import Any

import pytest
from integration.agents.agents import Agent, Turn
from integration.agents.scripted import fault, says, uses
from integration.deployment import Deployment
from sluice_local.lambda_service import RunningFunctionUrl

pytestmark = pytest.mark.agents

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SECRET = "The secret word is bread."


class Codex(Agent):
    """`codex exec`, set up as docs/agents.md says."""

    def __init__(self, folder: Path, deployment: Deployment, url: str, *, model: str = SONNET) -> None:
        super().__init__(folder, "@openai/codex", "codex", {"SLUICE_API_KEY": deployment.api_key})
        settings = self.home / ".codex" / "config.toml"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(
            f'model = "{model}"\n'
            'model_provider = "sluice"\n'
            "[model_providers.sluice]\n"
            'name = "Sluice"\n'
            f'base_url = "{url}/v1"\n'
            'env_key = "SLUICE_API_KEY"\n'
            'wire_api = "responses"\n'
            "request_max_retries = 1\n"
            "stream_max_retries = 0\n"
        )

    def ask(self, *arguments: str) -> Turn:
        """Ask, and return what it prints."""
        return self.run("exec", "--json", "--skip-git-repo-check", "--sandbox", "danger-full-access", *arguments)


@pytest.fixture
def codex(tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl) -> Codex:
    return Codex(tmp_path, deployment, gateway.url)


def asked(deployment: Deployment) -> list[Any]:
    return [request.json for request in deployment.upstream.requests]


def told(turn: Turn, kind: str) -> list[Any]:
    """Return the items of a kind that were completed."""
    items = [event["item"] for event in turn.events if event["type"] == "item.completed"]
    return [item for item in items if item["type"] == kind]


def test_an_answer_is_shown(codex: Codex, deployment: Deployment) -> None:
    deployment.upstream.script(says("Bread is good."))
    turn = codex.ask("What is good?")
    assert (turn.code, [item["text"] for item in told(turn, "agent_message")]) == (0, ["Bread is good."])
    usage = turn.events[-1]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (21, 9)


def test_a_command_is_run_and_its_output_goes_back(codex: Codex, deployment: Deployment) -> None:
    (codex.work / "README.md").write_text(SECRET)
    deployment.upstream.script(uses("exec_command", cmd="cat README.md"))
    deployment.upstream.script(says("It is bread."))
    turn = codex.ask("What is the secret word?")
    [command] = told(turn, "command_execution")
    assert (command["exit_code"], command["aggregated_output"]) == (0, SECRET)
    assert told(turn, "agent_message")[-1]["text"] == "It is bread."
    _, second = asked(deployment)
    [result] = [block["toolResult"] for block in second["messages"][-1]["content"] if "toolResult" in block]
    assert SECRET in str(result["content"])


def test_a_session_goes_on_where_it_was(codex: Codex, deployment: Deployment) -> None:
    for words in ("Rye.", "I said rye."):
        deployment.upstream.script(says(words))
    codex.ask("Which bread?")
    turn = codex.ask("resume", "--last", "What did you say?")
    assert told(turn, "agent_message")[-1]["text"] == "I said rye."
    assert "Rye." in str(asked(deployment)[-1]["messages"])


def test_reasoning_goes_through_a_tool_loop(codex: Codex, deployment: Deployment) -> None:
    deployment.upstream.script(fault("reasoning"))
    deployment.upstream.script(says("Bread."))
    codex.ask("Hm?")
    codex.ask("resume", "--last", "So?")
    kinds = [next(iter(block)) for block in asked(deployment)[-1]["messages"][1]["content"]]
    assert kinds[0] == "reasoningContent"


def test_a_refusal_is_shown_with_bedrocks_words(codex: Codex, deployment: Deployment) -> None:
    deployment.upstream.script(fault("access-denied"), times=9)
    turn = codex.ask("Hello")
    assert turn.code != 0
    assert "You don't have access to the model" in str(turn.events)


def test_a_stream_that_breaks_is_a_failure(codex: Codex, deployment: Deployment) -> None:
    deployment.upstream.script(fault("midstream-model-stream-error"), times=9)
    turn = codex.ask("Hello")
    assert turn.code != 0
    assert turn.events[-1]["type"] == "turn.failed"
    assert "The model stream ended with an error." in str(turn.events[-1])


def test_it_knows_a_conversation_that_is_too_long(codex: Codex, deployment: Deployment) -> None:
    deployment.upstream.script(fault("too-long"), times=9)
    assert "ran out of room in the model's context window" in str(codex.ask("Hello").events[-1])
