"""Chat Completions with all that the OpenAI SDK can ask, against the emulator, which refuses what AWS refuses."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from integration.deployment import Deployment
from openai.types.chat import ChatCompletionMessageCustomToolCall
from pydantic import BaseModel
from sluice_local.bedrock_runtime import library_scenario
from sluice_local.bedrock_runtime.scenarios.replies import PIXEL
from sluice_local.lambda_service import RunningFunctionUrl

SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_1 = "us.anthropic.claude-opus-4-1-20250805-v1:0"
OPUS_5 = "us.anthropic.claude-opus-5"
NOVA = "us.amazon.nova-pro-v1:0"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"
MISTRAL = "mistral.mistral-large-3-675b-instruct"

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
PICTURE = {
    "type": "image_url",
    "image_url": {"url": "data:image/jpeg;base64," + base64.b64encode(PIXEL).decode()},
}


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


def results(message: Any) -> list[Any]:
    return [
        {"role": "tool", "tool_call_id": call.id, "content": f"{json.loads(call.function.arguments)['city']}: 21 °C"}
        for call in message.tool_calls
    ]


@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_5, NOVA, LLAMA, MISTRAL])
def test_a_tool_loop_ends_in_an_answer(client: openai.OpenAI, model: str) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and in Rome?"}]
    first = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    [choice] = first.choices
    assert choice.finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments)["city"] for call in choice.message.tool_calls] == ["Paris", "Rome"]
    messages += [choice.message, *results(choice.message)]
    second = client.chat.completions.create(model=model, messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert "21 °C" in second.choices[0].message.content


@pytest.mark.parametrize("model", [SONNET_4_5, OPUS_5])
def test_a_streamed_tool_loop_with_reasoning_needs_nothing_of_a_plain_client_but_the_ids(
    client: openai.OpenAI, deployment: Deployment, model: str
) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and in Rome?"}]
    options: Any = {"model": model, "tools": [WEATHER], "reasoning_effort": "low"}
    with client.chat.completions.stream(messages=messages, **options) as stream:
        final = stream.get_final_completion()
    [choice] = final.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.reasoning_content
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.function.name, "arguments": call.function.arguments},
        }
        for call in choice.message.tool_calls
    ]
    messages += [{"role": "assistant", "content": choice.message.content, "tool_calls": calls}]
    messages += results(choice.message)
    second = client.chat.completions.create(messages=messages, **options)
    assert "21 °C" in second.choices[0].message.content
    [_, assistant, _] = asked(deployment)["messages"]
    kinds = [next(iter(block)) for block in assistant["content"]]
    assert kinds[0] == "reasoningContent"
    assert all(len(block["toolUse"]["toolUseId"]) <= 64 for block in assistant["content"] if "toolUse" in block)
    assert asked(deployment)["additionalModelRequestFields"]["thinking"]["type"] in ("enabled", "adaptive")


def test_thinking_blocks_come_back_and_leave_the_ids_alone(client: openai.OpenAI, deployment: Deployment) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
    options: Any = {
        "model": SONNET_4_5,
        "tools": [WEATHER],
        "extra_body": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    }
    first = client.chat.completions.create(messages=messages, **options)
    message = first.choices[0].message.to_dict()
    assert message["thinking_blocks"][0]["signature"]
    messages += [message, *results(first.choices[0].message)]
    second = client.chat.completions.create(messages=messages, **options)
    messages += [second.choices[0].message.to_dict(), {"role": "user", "content": "What is the weather in Rome?"}]
    third = client.chat.completions.create(messages=messages, **options)
    assert len(first.choices[0].message.tool_calls[0].id) > 64
    assert len(third.choices[0].message.tool_calls[0].id) <= 64


def test_a_loop_whose_reasoning_was_lost_goes_on_without_any(client: openai.OpenAI, deployment: Deployment) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    answer = client.chat.completions.create(
        model=SONNET_4_5,
        messages=[
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "21 °C"},
        ],
        tools=[WEATHER],
        reasoning_effort="high",
    )
    assert answer.choices[0].finish_reason == "stop"
    assert "thinking" not in asked(deployment).get("additionalModelRequestFields", {})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ["tool-use-no-arguments", "tool-use-parallel"])
def test_the_sdk_reads_tool_calls_whole_and_streamed_alike(client: openai.OpenAI, name: str, stream: bool) -> None:
    request: Any = {
        "model": f"emulator.{name}",
        "messages": [{"role": "user", "content": "Hello"}],
        "tools": [WEATHER],
    }
    if stream:
        with client.chat.completions.stream(**request) as chunks:
            [choice] = chunks.get_final_completion().choices
    else:
        [choice] = client.chat.completions.create(**request).choices
    arguments = [json.loads(call.function.arguments) for call in choice.message.tool_calls]
    expected = [{}] if "no-arguments" in name else [{"city": city} for city in ("Paris", "Lisbon", "Oslo")]
    assert arguments == expected


def test_a_custom_tool_is_used_with_plain_text(client: openai.OpenAI, deployment: Deployment) -> None:
    write: Any = {"type": "custom", "custom": {"name": "write", "description": "Write text."}}
    question: Any = {"role": "user", "content": "Write something."}
    request: Any = {"model": SONNET_4_5, "messages": [question], "tools": [write], "tool_choice": "required"}
    message = client.chat.completions.create(**request).choices[0].message
    [call] = message.tool_calls or []
    assert isinstance(call, ChatCompletionMessageCustomToolCall)
    # The SDK's stream helper cannot put custom calls together; its types of chunks let them pass.
    deltas = [chunk.choices[0].delta.to_dict() for chunk in client.chat.completions.create(**request, stream=True)]
    told = [call["custom"] for delta in deltas for call in delta.get("tool_calls", ())]
    assert told[0]["name"] == call.custom.name == "write"
    assert "".join(piece["input"] for piece in told) == call.custom.input
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "written"}
    history: Any = [question, message, result]
    answer = client.chat.completions.create(model=SONNET_4_5, messages=history, tools=[write])
    assert answer.choices[0].finish_reason == "stop"
    [use] = [block["toolUse"] for block in asked(deployment)["messages"][1]["content"] if "toolUse" in block]
    assert use["input"] == {"input": call.custom.input}


def test_an_image_goes_with_the_format_its_bytes_have(client: openai.OpenAI, deployment: Deployment) -> None:
    content: Any = [{"type": "text", "text": "What is this?"}, PICTURE]
    client.chat.completions.create(model=SONNET_4_5, messages=[{"role": "user", "content": content}])
    [message] = asked(deployment)["messages"]
    assert message["content"][1]["image"]["format"] == "png"


def test_documents_have_names_that_stay_the_same_over_a_history(client: openai.OpenAI, deployment: Deployment) -> None:
    pdf = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7 one").decode()
    part: Any = {"type": "file", "file": {"filename": "Bericht: 3/4.pdf", "file_data": pdf}}
    messages: list[Any] = [
        {"role": "user", "content": [part]},
        {"role": "assistant", "content": "I see."},
        {"role": "user", "content": [part, {"type": "text", "text": "And this?"}]},
    ]
    client.chat.completions.create(model=SONNET_4_5, messages=messages)
    documents = [
        block["document"]["name"]
        for message in asked(deployment)["messages"]
        for block in message["content"]
        if "document" in block
    ]
    assert documents == ["Bericht 3 4", "Bericht 3 4-2"]


class City(BaseModel):
    name: str
    inhabitants: int


@pytest.mark.parametrize(
    ("model", "native"), [(SONNET_4_5, True), (OPUS_4_1, False), (NOVA, False)], ids=["native", "tool", "tool-nova"]
)
@pytest.mark.parametrize("stream", [False, True])
def test_structured_output_parses(
    client: openai.OpenAI, deployment: Deployment, model: str, native: bool, stream: bool
) -> None:
    request: Any = {
        "model": model,
        "messages": [{"role": "user", "content": "Tell me about Paris."}],
        "response_format": City,
    }
    if stream:
        with client.chat.completions.stream(**request) as chunks:
            [choice] = chunks.get_final_completion().choices
    else:
        [choice] = client.chat.completions.parse(**request).choices
    assert isinstance(choice.message.parsed, City)
    assert choice.finish_reason == "stop"
    assert not choice.message.tool_calls
    assert ("outputConfig" in asked(deployment)) is native


def test_structured_output_with_reasoning_is_not_forced(client: openai.OpenAI, deployment: Deployment) -> None:
    answer = client.chat.completions.parse(
        model=OPUS_4_1,
        messages=[{"role": "user", "content": "Tell me about Paris; use the tool `json_tool_call`."}],
        response_format=City,
        reasoning_effort="high",
    )
    assert "toolChoice" not in asked(deployment)["toolConfig"]
    assert isinstance(answer.choices[0].message.parsed, City)


def test_the_second_turn_reads_what_the_first_wrote_into_the_cache(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "system", "content": "You know all about bread. " * 500},
        {"role": "user", "content": 'Say "pong"'},
    ]
    first = client.chat.completions.create(model=SONNET_4_5, messages=messages)
    messages += [first.choices[0].message, {"role": "user", "content": 'Say "ping"'}]
    second = client.chat.completions.create(model=SONNET_4_5, messages=messages)
    assert first.usage.prompt_tokens_details.to_dict()["cache_creation_tokens"] > 1000
    assert second.usage.prompt_tokens_details.cached_tokens > 1000
    assert second.usage.prompt_tokens > second.usage.prompt_tokens_details.cached_tokens


def test_cache_control_becomes_a_cache_point_with_its_ttl(client: openai.OpenAI, deployment: Deployment) -> None:
    text: Any = {
        "type": "text",
        "text": "You know all about bread. " * 500,
        "cache_control": {"type": "ephemeral", "ttl": "1h"},
    }
    client.chat.completions.create(
        model=SONNET_4_5, messages=[{"role": "system", "content": [text]}, {"role": "user", "content": "Hello"}]
    )
    assert asked(deployment)["system"][1] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_history_with_tools_and_no_tools_now_is_told_in_words(client: openai.OpenAI, deployment: Deployment) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'}}
    client.chat.completions.create(
        model=SONNET_4_5,
        messages=[
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "21 °C"},
            {"role": "user", "content": 'Thanks. Say "bye"'},
        ],
    )
    assert "toolConfig" not in asked(deployment)
    assert "21 °C" in json.dumps(asked(deployment)["messages"], ensure_ascii=False)


@pytest.mark.parametrize(
    "model", [SONNET_4_5, OPUS_4_1, OPUS_5, NOVA, "openai.gpt-oss-120b-1:0", "us.deepseek.r1-v1:0"]
)
def test_what_a_model_refuses_is_not_sent(client: openai.OpenAI, model: str) -> None:
    answer = client.chat.completions.create(
        model=model,
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": 'Say "pong"'},
            {"role": "system", "content": "Be kind."},
            {"role": "assistant", "content": "I will say "},
        ],
        temperature=1.7,
        top_p=0.9,
        stop=["\n\n", ""],
        reasoning_effort="high",
        max_tokens=4000,
        extra_body={"top_k": 5, "an_unknown_field": True},
    )
    assert answer.choices[0].finish_reason == "stop"


def test_a_guardrail_by_header_is_asked_and_its_stop_is_a_content_filter(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=SONNET_4_5,
        messages=[{"role": "user", "content": "Tell me the forbidden word"}],
        extra_headers={"X-Amzn-Bedrock-GuardrailIdentifier": "gr4emulator0", "X-Amzn-Bedrock-GuardrailVersion": "1"},
    )
    assert answer.choices[0].finish_reason == "content_filter"


def test_a_guardrail_by_body_returns_its_trace(client: openai.OpenAI) -> None:
    config = {"guardrailIdentifier": "gr4emulator0", "guardrailVersion": "1", "trace": "enabled"}
    answer = client.chat.completions.create(
        model=SONNET_4_5,
        messages=[{"role": "user", "content": "Tell me the forbidden word"}],
        extra_body={"guardrailConfig": config},
    )
    assert answer.choices[0].finish_reason == "content_filter"
    assert "guardrail" in answer.to_dict()["trace"]


def test_metadata_goes_into_bedrocks_request_metadata(client: openai.OpenAI, deployment: Deployment) -> None:
    client.chat.completions.create(
        model=SONNET_4_5, messages=[{"role": "user", "content": "Hello"}], metadata={"team": "Küche & Keller"}
    )
    assert asked(deployment)["requestMetadata"] == {"team": "K_che _ Keller"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "hologram"}]}]}, "messages[0].content[0].type"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"reasoning_effort": "furious"}, "reasoning_effort"),
    ],
)
def test_what_cannot_be_carried_is_a_400_that_names_its_path(
    client: openai.OpenAI, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=SONNET_4_5, messages=[{"role": "user", "content": "Hello"}], extra_body=body
        )
    assert caught.value.param == param


def test_a_model_that_streams_no_tools_has_its_whole_answer_told_as_a_stream(
    client: openai.OpenAI, deployment: Deployment
) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Paris and in Rome?"}]
    with client.chat.completions.stream(model=LLAMA, messages=messages, tools=[WEATHER]) as stream:
        [choice] = stream.get_final_completion().choices
    assert choice.finish_reason == "tool_calls"
    assert [json.loads(call.function.arguments)["city"] for call in choice.message.tool_calls] == ["Paris", "Rome"]
    paths = [request.path.rpartition("/")[2] for request in deployment.upstream.requests]
    assert paths == ["converse-stream", "converse"]


def test_a_refusal_of_a_whole_answer_told_as_a_stream_keeps_its_status(
    client: openai.OpenAI, deployment: Deployment
) -> None:
    throttled = library_scenario("throttled")
    assert throttled
    deployment.upstream.script(throttled, operation="Converse")
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(
            model=LLAMA, messages=[{"role": "user", "content": "Hello"}], tools=[WEATHER], stream=True
        )


@pytest.mark.parametrize("depth", [120, 140, 200, 500, 5_000])
@pytest.mark.parametrize("model", [SONNET_4_5, NOVA])
def test_json_nested_too_deeply_is_told_as_the_clients_fault(
    deployment: Deployment, gateway: RunningFunctionUrl, model: str, depth: int
) -> None:
    schema = '{"type":"object","properties":{"a":' * depth + '{"type":"string"}' + "}}" * depth
    body = (
        f'{{"model":"{model}","messages":[{{"role":"user","content":"Hello"}}],'
        f'"tools":[{{"type":"function","function":{{"name":"deep","strict":true,"parameters":{schema}}}}}]}}'
    )
    headers = {"authorization": f"Bearer {deployment.api_key}"}
    answer = httpx2.post(f"{gateway.url}/v1/chat/completions", headers=headers, content=body)
    assert answer.status_code == (200 if depth <= 120 else 400)
    assert answer.status_code == 200 or answer.json()["error"]["type"] == "invalid_request_error"
