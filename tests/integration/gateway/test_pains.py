"""What users of other gateways complain about, as far as it shows in statuses and headers only.

The others are in `tests/unit/gateway/test_pains.py`, with what each is.
"""

from typing import Any

import httpx2
import pytest
from integration.deployment import Deployment
from sluice_local.lambda_service import RunningFunctionUrl
from unit.gateway.anthropic_messages.agents import CLAUDE_CODE_HEADERS, claude_code

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_5 = "us.anthropic.claude-opus-5"
HELLO: Any = [{"role": "user", "content": "Hello"}]
PATHS: dict[str, Any] = {
    "/v1/chat/completions": {"messages": HELLO},
    "/v1/responses": {"input": HELLO},
    "/v1/messages": {"messages": HELLO, "max_tokens": 10},
}

every_path = pytest.mark.parametrize("path", PATHS)
streamed_or_whole = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def ask(deployment: Deployment, gateway: RunningFunctionUrl) -> Any:
    """Return a function that posts a body, and perhaps headers, with a key."""

    def post(path: str, body: Any, headers: Any = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {deployment.api_key}", **(headers or {})}
        return httpx2.post(f"{gateway.url}{path}", json=body, headers=headers)

    return post


@streamed_or_whole
@every_path
def test_pain_25_throttling_before_the_first_byte_is_a_429_that_says_when_to_come_back(
    ask: Any, path: str, stream: bool
) -> None:
    answer = ask(path, {"model": "emulator.throttled", "stream": stream, **PATHS[path]})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"]["type"] == "rate_limit_error"


@streamed_or_whole
@every_path
@pytest.mark.parametrize(
    ("scenario", "status"), [("internal", 500), ("access-denied", 403), ("validation", 400), ("not-found", 404)]
)
def test_pain_25_what_bedrock_refuses_is_never_a_200(
    ask: Any, path: str, stream: bool, scenario: str, status: int
) -> None:
    answer = ask(path, {"model": f"emulator.{scenario}", "stream": stream, **PATHS[path]})
    assert answer.status_code == status


@every_path
def test_pain_26_an_answer_in_one_piece_that_was_cut_is_an_error_that_nobody_pays_for_twice(
    ask: Any, path: str
) -> None:
    answer = ask(path, {"model": "emulator.cut-before-stop", "stream": False, **PATHS[path]})
    assert answer.status_code == 502
    assert "The answer is incomplete." in answer.json()["error"]["message"]
    assert answer.headers["x-should-retry"] == "false"


def test_pain_26_so_it_is_natively(ask: Any) -> None:
    body = {"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}
    answer = ask("/model/emulator.cut-before-stop/converse", body)
    # The AWS SDKs ask again after 500, 502, 503 and 504.
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (424, "ModelStreamErrorException")


@every_path
def test_pain_28_fields_that_nobody_knows_are_no_error(ask: Any, path: str) -> None:
    body = {"model": SONNET_4_5, "novelty": {"a": 1}, "tools": [{"type": "novelty_20300101", "name": "n"}]}
    assert ask(path, {**body, **PATHS[path]}).status_code == 200


@streamed_or_whole
def test_pain_28_claude_codes_betas_and_fields_are_no_error(ask: Any, stream: bool) -> None:
    body = claude_code(SONNET_4_5, "", stream=stream)
    # What nobody signed cannot go back.
    del body["messages"][1]["content"][0]
    assert ask("/v1/messages?beta=true", body, CLAUDE_CODE_HEADERS).status_code == 200


@pytest.mark.parametrize(("model", "estimated"), [(SONNET_4_5, None), (OPUS_5, "true")])
def test_pain_29_a_count_is_bedrocks_own_or_says_that_it_is_an_estimate(
    ask: Any, model: str, estimated: str | None
) -> None:
    answer = ask("/v1/messages/count_tokens", {"model": model, "messages": HELLO})
    assert answer.status_code == 200
    assert answer.json()["input_tokens"] > 0
    assert answer.headers.get("x-sluice-estimated") == estimated
