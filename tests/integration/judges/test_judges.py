"""Frameworks and the SDKs' own helpers get through Sluice all that they get from whom they were made for."""

import base64
from typing import Any

import pytest
from integration.clients.scenarios import FIRST_WORDS
from integration.deployment import Deployment
from integration.judges.judges import JUDGES, Court, Judge
from sluice_local.bedrock_runtime import library_scenario
from sluice_local.bedrock_runtime.scenarios.replies import PIXEL

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_1 = "us.anthropic.claude-opus-4-1-20250805-v1:0"
OPUS_5 = "us.anthropic.claude-opus-5"
QUESTION = "What is the weather in Paris and in Rome?"
CITY = {"name": "name", "inhabitants": 1}

_MARKS = {".py": pytest.mark.judges, ".mjs": pytest.mark.node}


def judged(*judges: Judge) -> Any:
    """Parametrize a test by these judges, or by all."""
    marked = [
        pytest.param(judge, id=judge.name, marks=_MARKS["." + judge.script.rpartition(".")[2]])
        for judge in judges or JUDGES
    ]
    return pytest.mark.parametrize("judge", marked)


streamed_or_whole = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
TRANSLATED = [judge for judge in JUDGES if not judge.is_native]
# AWS's SDKs ask for structured output natively or not at all, and pydantic-ai knows which models have it.
ASKING_ANY_MODEL = [
    judge for judge in JUDGES if judge.name not in ("boto3-converse", "aws-sdk-converse", "pydantic-ai-converse")
]


def sent(deployment: Deployment) -> list[Any]:
    """Return the requests that Bedrock got."""
    return [request.json for request in deployment.upstream.requests]


def shown_of(deployment: Deployment, kind: str) -> list[Any]:
    """Return the blocks of a kind in the conversation that Bedrock was sent last, in either of its APIs."""
    return [block for message in sent(deployment)[-1]["messages"] for block in message["content"] if kind in block]


@judged()
@streamed_or_whole
def test_text(judge: Judge, stream: bool, court: Court) -> None:
    outcome = court.ask(judge, SONNET_4_5, "Count to 9", stream=stream)
    assert outcome.failure is None
    assert outcome.text == "1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert outcome.stop_reason in ("stop", "completed", "end_turn")
    assert outcome.usage == (7, 17)
    assert (len(outcome.arrivals) > 2) == stream


@judged()
@streamed_or_whole
def test_a_loop_with_two_tools_at_once(judge: Judge, stream: bool, court: Court, deployment: Deployment) -> None:
    outcome = court.ask(judge, SONNET_4_5, QUESTION, tools=True, stream=stream)
    assert outcome.failure is None
    assert sorted(outcome.reply["calls"]) == ["Paris", "Rome"]
    assert "Paris: 21 °C" in outcome.text
    assert "Rome: 21 °C" in outcome.text
    assert len(sent(deployment)) == 2


@judged()
def test_an_image(judge: Judge, court: Court, deployment: Deployment) -> None:
    picture = base64.b64encode(PIXEL).decode()
    outcome = court.ask(judge, SONNET_4_5, "What is this?", image=picture)
    assert outcome.failure is None
    assert "PNG" in outcome.text
    assert picture in str(sent(deployment))


@judged()
def test_structured_output(judge: Judge, court: Court) -> None:
    outcome = court.ask(judge, SONNET_4_5, "Tell me about Paris.", parses=True)
    assert outcome.failure is None
    assert outcome.reply["city"] == CITY


@judged(*ASKING_ANY_MODEL)
def test_structured_output_of_a_model_that_has_none(judge: Judge, court: Court) -> None:
    outcome = court.ask(judge, OPUS_4_1, "Tell me about Paris.", parses=True)
    assert outcome.failure is None
    assert outcome.reply["city"] == CITY


@judged()
@streamed_or_whole
def test_reasoning_goes_through_a_tool_loop_with_its_signature(
    judge: Judge, stream: bool, court: Court, deployment: Deployment
) -> None:
    outcome = court.ask(judge, SONNET_4_5, QUESTION, tools=True, reasons=True, stream=stream)
    # The emulator refuses a signature that does not belong to its text.
    assert outcome.failure is None
    assert "Rome: 21 °C" in outcome.text
    first, second = sent(deployment)
    assert all("thinking" in str(request) for request in (first, second))
    assert "signature" in str(second["messages"])


@judged(*TRANSLATED)
def test_reasoning_of_a_model_without_budgets(judge: Judge, court: Court, deployment: Deployment) -> None:
    outcome = court.ask(judge, OPUS_5, QUESTION, tools=True, reasons=True, stream=True)
    assert outcome.failure is None
    assert "Rome: 21 °C" in outcome.text
    for request in sent(deployment):
        assert request["additionalModelRequestFields"]["thinking"]["type"] == "adaptive"
    assert "signature" in str(sent(deployment)[-1]["messages"])


# LangChain's and the AI SDK's chat models show no reasoning of a Chat Completion, and of what the OpenAI SDK's helper
# for Node.js does not know it keeps the last piece only.
@judged(*[judge for judge in JUDGES if judge.name not in ("langchain-chat", "ai-sdk-chat", "openai-chat")])
@streamed_or_whole
def test_reasoning_is_shown_in_every_turn(judge: Judge, stream: bool, court: Court) -> None:
    outcome = court.ask(judge, SONNET_4_5, 'Say "a"', 'Say "b"', reasons=True, stream=stream)
    assert (outcome.failure, outcome.text) == (None, "ab")
    assert all(f'Say "{letter}"' in outcome.reply["reasoning"] for letter in "ab")


@judged()
def test_the_second_turn_comes_from_the_cache(judge: Judge, court: Court) -> None:
    system = f"You know all about bread ({judge.name}). " * 900
    outcome = court.ask(judge, SONNET_4_5, 'Say "a"', 'Say "b"', system=system, caches=True)
    assert (outcome.failure, outcome.text) == (None, "ab")
    assert outcome.reply["cached"] > 5_000


@judged()
@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("throttled", 429, "Too many requests, please wait before trying again."),
        ("validation", 400, "The provided request is not valid."),
        ("not-found", 404, "The specified resource ARN was not found."),
    ],
)
@streamed_or_whole
def test_a_refusal_raises_with_its_status_and_its_words(
    judge: Judge, name: str, status: int, words: str, stream: bool, court: Court, deployment: Deployment
) -> None:
    scenario = library_scenario(name)
    assert scenario
    deployment.upstream.script(scenario, times=9)
    outcome = court.ask(judge, SONNET_4_5, "Hello!", stream=stream)
    assert outcome.failure
    assert outcome.failure.status == status
    assert words in outcome.failure.message
    # Each was told to ask once.
    assert len(sent(deployment)) == 1


# LiteLLM streams no response of a model whose name it does not know: it asks for a whole one and cuts it up.
@judged(*[judge for judge in JUDGES if judge.name != "litellm-responses"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("midstream-throttling", "Too many tokens, please wait before trying again."),
        ("cut-before-stop", "the answer is incomplete"),
    ],
)
def test_a_stream_that_breaks_raises_with_words(
    judge: Judge, name: str, words: str, court: Court, deployment: Deployment
) -> None:
    scenario = library_scenario(name)
    assert scenario
    deployment.upstream.script(scenario)
    outcome = court.ask(judge, SONNET_4_5, "Hello!", stream=True)
    assert outcome.failure
    assert words in outcome.failure.message
    assert outcome.text in ("", FIRST_WORDS)
