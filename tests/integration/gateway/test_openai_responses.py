"""Responses with all that the OpenAI SDK and Codex can ask, against the emulator, which refuses what AWS refuses."""

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from integration.deployment import Deployment
from openai.types.responses import Response
from pydantic import BaseModel
from sluice_local.bedrock_runtime.scenarios.replies import PIXEL
from sluice_local.bedrock_runtime.scenarios.samples import PLAIN_PIECES
from sluice_local.lambda_service import RunningFunctionUrl
from unit.gateway.openai_responses.agents import CODEX_HEADERS, codex

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_1 = "us.anthropic.claude-opus-4-1-20250805-v1:0"
OPUS_5 = "us.anthropic.claude-opus-5"
NOVA = "us.amazon.nova-pro-v1:0"

WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
QUESTION: Any = {"role": "user", "content": "What is the weather in Paris and in Rome?"}
TEXT = "".join(PLAIN_PIECES)


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def client(deployment: Deployment, gateway: RunningFunctionUrl) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=deployment.api_key, base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


def asked(deployment: Deployment) -> Any:
    """Return the Converse request that Bedrock was sent last."""
    return deployment.upstream.requests[-1].json


def answered(client: openai.OpenAI, stream: bool, **request: Any) -> Response:
    """Return the response, asked for whole or through the SDK's stream helper."""
    if not stream:
        return client.responses.create(**request)
    with client.responses.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_response()


def calls_of(response: Response) -> list[Any]:
    return [item for item in response.output if item.type == "function_call"]


def next_input(history: list[Any], response: Response) -> list[Any]:
    """Return the history with what the model said and the results of its calls, as the SDK's users write it."""
    outputs = [
        {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": f"{json.loads(call.arguments)['city']}: 21 °C",
        }
        for call in calls_of(response)
    ]
    return [*history, *response.output, *outputs]


streamed_or_whole = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@streamed_or_whole
def test_an_answer(client: openai.OpenAI, stream: bool) -> None:
    response = answered(client, stream, model="emulator.text", input="Hello", instructions="Be brief.")
    assert (response.output_text, response.status) == (TEXT, "completed")
    assert response.usage
    assert (response.usage.input_tokens, response.usage.output_tokens) == (27, len(PLAIN_PIECES))
    assert (response.model, response.instructions, response.store) == ("emulator.text", "Be brief.", False)


@streamed_or_whole
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_5, NOVA])
def test_a_tool_loop_ends_in_an_answer(client: openai.OpenAI, model: str, stream: bool) -> None:
    request: Any = {"model": model, "tools": [WEATHER]}
    first = answered(client, stream, input=[QUESTION], **request)
    assert [json.loads(call.arguments)["city"] for call in calls_of(first)] == ["Paris", "Rome"]
    second = answered(client, stream, input=next_input([QUESTION], first), **request)
    assert "21 °C" in second.output_text


@streamed_or_whole
@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_5])
def test_reasoning_goes_through_a_tool_loop_with_its_signatures(
    client: openai.OpenAI, deployment: Deployment, model: str, stream: bool
) -> None:
    request: Any = {"model": model, "tools": [WEATHER], "reasoning": {"effort": "low", "summary": "auto"}}
    first = answered(client, stream, input=[QUESTION], store=False, include=["reasoning.encrypted_content"], **request)
    assert first.output[0].type == "reasoning"
    assert first.output[0].summary
    assert first.output[0].encrypted_content
    second = answered(client, stream, input=next_input([QUESTION], first), **request)
    assert "21 °C" in second.output_text
    [_, assistant, _] = asked(deployment)["messages"]
    assert assistant["content"][0]["reasoningContent"]["reasoningText"]["signature"]
    assert asked(deployment)["additionalModelRequestFields"]["thinking"]["type"] in ("enabled", "adaptive")


@streamed_or_whole
@pytest.mark.parametrize("name", ["tool-use-no-arguments", "tool-use-parallel"])
def test_the_sdk_reads_every_call(client: openai.OpenAI, name: str, stream: bool) -> None:
    response = answered(client, stream, model=f"emulator.{name}", input="Hello", tools=[WEATHER])
    expected = [{}] if "no-arguments" in name else [{"city": city} for city in ("Paris", "Lisbon", "Oslo")]
    assert [json.loads(call.arguments) for call in calls_of(response)] == expected


@streamed_or_whole
@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("stop-end-turn", "completed", None),
        ("stop-max-tokens", "incomplete", "max_output_tokens"),
        ("stop-guardrail-intervened", "incomplete", "content_filter"),
    ],
)
def test_the_status_says_how_it_ended(
    client: openai.OpenAI, name: str, status: str, reason: str | None, stream: bool
) -> None:
    if stream:
        # The helper makes a final response of completed ones only.
        *_, last = client.responses.create(model=f"emulator.{name}", input="Hello", stream=True)
        response = last.response
    else:
        response = client.responses.create(model=f"emulator.{name}", input="Hello")
    assert response.status == status
    assert (response.incomplete_details and response.incomplete_details.reason) == reason


def test_images_and_documents_reach_bedrock(client: openai.OpenAI, deployment: Deployment) -> None:
    picture = "data:image/jpeg;base64," + base64.b64encode(PIXEL).decode()
    pdf = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7 one").decode()
    content: Any = [
        {"type": "input_text", "text": "What are these?"},
        {"type": "input_image", "image_url": picture, "detail": "auto"},
        {"type": "input_file", "filename": "Bericht: 3/4.pdf", "file_data": pdf},
    ]
    client.responses.create(model=SONNET_4_5, input=[{"role": "user", "content": content}])
    [_, image, document] = asked(deployment)["messages"][0]["content"]
    assert (image["image"]["format"], document["document"]["name"]) == ("png", "Bericht 3 4")


class City(BaseModel):
    name: str
    inhabitants: int


@streamed_or_whole
@pytest.mark.parametrize(
    ("model", "native"), [(SONNET_4_5, True), (OPUS_4_1, False), (NOVA, False)], ids=["native", "tool", "tool-nova"]
)
def test_structured_output_parses(
    client: openai.OpenAI, deployment: Deployment, model: str, native: bool, stream: bool
) -> None:
    request: Any = {"model": model, "input": "Tell me about Paris.", "text_format": City}
    if stream:
        with client.responses.stream(**request) as events:
            response = events.get_final_response()
    else:
        response = client.responses.parse(**request)
    assert isinstance(response.output_parsed, City)
    assert not calls_of(response)
    assert ("outputConfig" in asked(deployment)) is native


def test_the_second_turn_reads_what_the_first_wrote_into_the_cache(client: openai.OpenAI) -> None:
    instructions = "You know all about bread. " * 500
    history: list[Any] = [{"role": "user", "content": 'Say "pong"'}]
    first = client.responses.create(model=SONNET_4_5, instructions=instructions, input=history)
    history += [*first.output, {"role": "user", "content": 'Say "ping"'}]
    second = client.responses.create(model=SONNET_4_5, instructions=instructions, input=history)
    assert second.usage
    assert second.usage.input_tokens_details.cached_tokens > 1000


@streamed_or_whole
def test_a_custom_tool_is_used_with_plain_text(client: openai.OpenAI, deployment: Deployment, stream: bool) -> None:
    patch: Any = {"type": "custom", "name": "write", "description": "Write text."}
    response = answered(
        client, stream, model=SONNET_4_5, input='Use the tool `write` with {"input": "bread"}', tools=[patch]
    )
    [call] = [item for item in response.output if item.type == "custom_tool_call"]
    assert call.name == "write"
    history: Any = [
        {"role": "user", "content": "Write."},
        call,
        {"type": "custom_tool_call_output", "call_id": call.call_id, "output": "written"},
    ]
    assert answered(client, stream, model=SONNET_4_5, input=history, tools=[patch]).output_text
    assert asked(deployment)["messages"][1]["content"][0]["toolUse"]["input"] == {"input": call.input}


def test_the_asynchronous_sdk_streams_too(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    async def said() -> str:
        async with (
            openai.AsyncOpenAI(api_key=deployment.api_key, base_url=f"{gateway.url}/v1", max_retries=0) as client,
            client.responses.stream(model="emulator.text", input="Hello") as events,
        ):
            return "".join([event.delta async for event in events if event.type == "response.output_text.delta"])

    assert asyncio.run(said()) == TEXT


def test_a_stream_that_breaks_raises(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError, match="Too many tokens") as caught:
        answered(client, True, model="emulator.midstream-throttling", input="Hello")
    assert caught.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttled", openai.RateLimitError),
        ("validation", openai.BadRequestError),
        ("access-denied", openai.PermissionDeniedError),
        ("not-found", openai.NotFoundError),
        ("unavailable", openai.InternalServerError),
    ],
)
@streamed_or_whole
def test_a_refusal_of_bedrocks_has_its_class(
    client: openai.OpenAI, name: str, kind: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(kind):
        answered(client, stream, model=f"emulator.{name}", input="Hello")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": [{"type": "hologram"}]}, "input[0].type"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": [{"type": "hologram"}]}]}, "input[0].content[0].type"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
    ],
)
def test_what_cannot_be_carried_is_a_400_that_names_its_path(
    client: openai.OpenAI, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=SONNET_4_5, **{"input": "Hello", **body})
    assert caught.value.param == param


def test_stored_responses_are_a_404_that_says_why(client: openai.OpenAI) -> None:
    for ask in (client.responses.retrieve, client.responses.delete, client.responses.cancel):
        with pytest.raises(openai.NotFoundError, match="stores no responses"):
            ask("resp_1")


def test_codexs_request_is_answered(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    body = codex(SONNET_4_5, "")
    headers = {**CODEX_HEADERS, "authorization": f"Bearer {deployment.api_key}"}
    answer = httpx2.post(f"{gateway.url}/v1/responses", headers=headers, json=body)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: response.completed" in answer.text
    assert [message["role"] for message in asked(deployment)["messages"]] == ["user", "assistant", "user"]


def test_a_model_that_streams_no_tools_has_its_whole_answer_told_as_a_stream(client: openai.OpenAI) -> None:
    model = "us.meta.llama4-maverick-17b-instruct-v1:0"
    response = answered(client, True, model=model, input=[QUESTION], tools=[WEATHER])
    assert [json.loads(call.arguments)["city"] for call in calls_of(response)] == ["Paris", "Rome"]
