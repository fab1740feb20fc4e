"""Claude Code against the gateway, as a client of Messages and in its own Bedrock mode."""

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


class ClaudeCode(Agent):
    """`claude -p`; one attempt at each request unless said otherwise."""

    def __init__(
        self, folder: Path, deployment: Deployment, url: str, *, attempts: int = 1, model: str = SONNET
    ) -> None:
        quiet = ("DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC")
        environment = {
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_AUTH_TOKEN": deployment.api_key,
            "ANTHROPIC_MODEL": model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
            "CLAUDE_CODE_MAX_RETRIES": str(attempts - 1),
            **dict.fromkeys(quiet, "1"),
        }
        super().__init__(folder, "@anthropic-ai/claude-code", "claude", environment)

    def ask(self, words: str, *arguments: str) -> Any:
        """Ask, and return the result that it prints."""
        turn: Turn = self.run("-p", words, "--output-format", "json", "--allowedTools", "Read", *arguments)
        assert turn.events, turn.errors
        return turn.events[-1]


@pytest.fixture
def claude(tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl) -> ClaudeCode:
    return ClaudeCode(tmp_path, deployment, gateway.url)


def asked(deployment: Deployment) -> list[Any]:
    return [request.json for request in deployment.upstream.requests]


def test_an_answer_is_shown(claude: ClaudeCode, deployment: Deployment) -> None:
    deployment.upstream.script(says("Bread is good."))
    result = claude.ask("What is good?")
    assert (result["result"], result["is_error"]) == ("Bread is good.", False)
    assert (result["usage"]["input_tokens"], result["usage"]["output_tokens"]) == (21, 9)


def test_a_tool_is_used_and_its_result_goes_back(claude: ClaudeCode, deployment: Deployment) -> None:
    readme = claude.work / "README.md"
    readme.write_text(SECRET)
    deployment.upstream.script(uses("Read", file_path=str(readme)))
    deployment.upstream.script(says("It is bread."))
    assert claude.ask("What is the secret word?")["result"] == "It is bread."
    first, second = asked(deployment)
    assert len(first["messages"]) < len(second["messages"])
    [result] = [block["toolResult"] for block in second["messages"][-1]["content"] if "toolResult" in block]
    assert SECRET in str(result["content"])


def test_a_session_goes_on_where_it_was(claude: ClaudeCode, deployment: Deployment) -> None:
    for words in ("Rye.", "I said rye.", "Still rye."):
        deployment.upstream.script(says(words))
    session = claude.ask("Which bread?")["session_id"]
    claude.ask("What did you say?", "--resume", session)
    assert claude.ask("And now?", "--resume", session)["result"] == "Still rye."
    last = asked(deployment)[-1]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user", "assistant", "user"]
    assert [block["text"] for message in last if message["role"] == "assistant" for block in message["content"]] == [
        "Rye.",
        "I said rye.",
    ]


def test_a_refusal_is_shown_with_bedrocks_words(claude: ClaudeCode, deployment: Deployment) -> None:
    deployment.upstream.script(fault("access-denied"), times=9)
    result = claude.ask("Hello")
    assert (result["is_error"], result["api_error_status"]) == (True, 403)
    assert "You don't have access to the model" in result["result"]


def test_a_throttled_request_is_asked_again(
    tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl
) -> None:
    deployment.upstream.script(fault("throttled"))
    deployment.upstream.script(says("At last."))
    assert ClaudeCode(tmp_path, deployment, gateway.url, attempts=3).ask("Hello")["result"] == "At last."
    assert len(asked(deployment)) == 2


def test_a_stream_that_breaks_is_asked_for_again_in_one_piece(claude: ClaudeCode, deployment: Deployment) -> None:
    deployment.upstream.script(fault("cut-before-stop"))
    deployment.upstream.script(says("Whole."))
    assert claude.ask("Hello")["result"] == "Whole."
    assert [request.path.rpartition("/")[2] for request in deployment.upstream.requests] == [
        "converse-stream",
        "converse",
    ]


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("too-long", 400, "Prompt is too long"),
        ("unavailable", 529, "529 Bedrock is unable to process your request."),
        ("throttled", 429, "Too many requests, please wait before trying again."),
    ],
)
def test_it_knows_the_errors_that_it_acts_upon(
    claude: ClaudeCode, deployment: Deployment, name: str, status: int, words: str
) -> None:
    deployment.upstream.script(fault(name))
    result = claude.ask("Hello")
    assert (result["is_error"], result["api_error_status"]) == (True, status)
    assert words in result["result"]


def test_a_model_that_is_not_claude_works_too(
    tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl
) -> None:
    deployment.upstream.script(says("I am Nova."))
    claude = ClaudeCode(tmp_path, deployment, gateway.url, model="us.amazon.nova-pro-v1:0")
    assert claude.ask("Who are you?")["result"] == "I am Nova."


class BedrockMode(Agent):
    """`claude -p` as it speaks to Bedrock itself, through InvokeModel."""

    def __init__(self, folder: Path, deployment: Deployment, url: str) -> None:
        environment = {
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "ANTHROPIC_BEDROCK_BASE_URL": url,
            "AWS_BEARER_TOKEN_BEDROCK": deployment.api_key,
            "AWS_REGION": "us-east-1",
            "ANTHROPIC_MODEL": SONNET,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": SONNET,
            "CLAUDE_CODE_MAX_RETRIES": "0",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_AUTOUPDATER": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        super().__init__(folder, "@anthropic-ai/claude-code", "claude", environment)


def test_its_bedrock_mode_streams_through_invoke_model(
    tmp_path: Path, deployment: Deployment, gateway: RunningFunctionUrl
) -> None:
    claude = BedrockMode(tmp_path, deployment, gateway.url)
    turn = claude.run("-p", 'Say "pong"', "--output-format", "json", "--tools", "")
    assert turn.events, turn.errors
    assert (turn.events[-1]["result"], turn.events[-1]["is_error"]) == ("pong", False)
    assert any(request.path.endswith("/invoke-with-response-stream") for request in deployment.upstream.requests)
