"""InvokeModel in the models' own formats, read by Anthropic's own client and by boto3."""

import base64
import json

import anthropic
import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError, EventStreamError
from integration.bedrock_runtime.clients import ACCESS_KEY, ACCESS_KEY_ID
from sluice_local.bedrock_runtime import library_scenario

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
TOOL = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
BODY = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def claude(emulator):
    with anthropic.AnthropicBedrock(
        base_url=emulator.url,
        aws_region="us-east-1",
        aws_access_key=ACCESS_KEY_ID,
        aws_secret_key=ACCESS_KEY.secret,
        max_retries=0,
    ) as client:
        yield client


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def test_a_message_is_answered(claude):
    message = claude.messages.create(model=SONNET, max_tokens=500, messages=[user("Say 'pong'")])
    assert message.content[0].text == "pong"
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 1)


def test_a_stream_gives_the_same_message(claude):
    asked = {"model": SONNET, "max_tokens": 500, "messages": [user("Why is the sky blue?")]}
    with claude.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    whole = claude.messages.create(**asked)
    assert streamed.content[0].text == whole.content[0].text
    assert streamed.usage.output_tokens == whole.usage.output_tokens


def test_thinking_and_tools_go_round(claude):
    messages = [user("What is the weather in Rome?")]
    asked = {
        "model": SONNET,
        "max_tokens": 2000,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [TOOL],
    }
    with claude.messages.stream(messages=messages, **asked) as stream:
        first = stream.get_final_message()
    assert [block.type for block in first.content] == ["thinking", "text", "tool_use"]
    assert first.content[2].input == {"city": "Rome"}
    result = {"type": "tool_result", "tool_use_id": first.content[2].id, "content": "warm"}
    history = [*messages, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = claude.messages.create(messages=history, **asked)
    assert second.content[-1].text == "The tool get_weather says: warm"


@pytest.mark.parametrize(
    "name",
    ["text", "tool-use", "tool-use-parallel", "reasoning", "reasoning-redacted", "no-block-stop", "stop-max-tokens"],
)
def test_scenarios_speak_anthropic_too(claude, name):
    asked = {"model": f"emulator.{name}", "max_tokens": 500, "messages": [user("hi")]}
    with claude.messages.stream(**asked) as stream:
        streamed = stream.get_final_message()
    whole = claude.messages.create(**asked)
    assert [block.type for block in streamed.content] == [block.type for block in whole.content]
    assert streamed.stop_reason == whole.stop_reason
    assert streamed.usage.output_tokens == whole.usage.output_tokens


def test_a_refusal_is_an_error_of_the_client(claude):
    with pytest.raises(anthropic.RateLimitError, match="Too many requests"):
        claude.messages.create(model="emulator.throttled", max_tokens=5, messages=[user("hi")])


def chunks(signing, name: str) -> list[dict]:
    response = signing.invoke_model_with_response_stream(modelId=f"emulator.{name}", body=json.dumps(BODY))
    stream = response["body"]
    try:
        return [json.loads(event["chunk"]["bytes"]) for event in stream]
    finally:
        stream.close()


def test_a_stream_is_chunks_and_says_what_they_hold(signing):
    response = signing.invoke_model_with_response_stream(modelId="emulator.text", body=json.dumps(BODY))
    assert response["contentType"] == "application/json"
    response["body"].close()
    assert chunks(signing, "text")[0]["type"] == "message_start"


@pytest.mark.parametrize("name", ["midstream-throttling", "midstream-model-stream-error"])
def test_an_exception_in_the_stream_is_one_here_too(signing, name):
    error = library_scenario(name).steps[-1]
    with pytest.raises(EventStreamError) as caught:
        chunks(signing, name)
    assert caught.value.response["Error"]["Code"] == error.type


def test_a_corrupt_frame_is_one_here_too(signing):
    with pytest.raises(ChecksumMismatch):
        chunks(signing, "bad-message-crc")


def test_nova_speaks_its_own_format(signing):
    body = json.dumps(
        {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "Say 'yes'"}]}]}
    )
    model_id = "amazon.nova-lite-v1:0"
    answer = json.loads(signing.invoke_model(modelId=model_id, body=body)["body"].read())
    assert answer["output"]["message"]["content"] == [{"text": "yes"}]
    stream = signing.invoke_model_with_response_stream(modelId=model_id, body=body)["body"]
    events = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert [next(iter(event)) for event in events] == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


def test_embeddings_come_in_both_formats(signing):
    titan = signing.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=json.dumps({"inputText": "hello"}))
    assert len(json.loads(titan["body"].read())["embedding"]) == 1024
    headers = titan["ResponseMetadata"]["HTTPHeaders"]
    counted = {name.removeprefix("x-amzn-bedrock-"): headers[name] for name in headers if name.endswith("-count")}
    assert counted == {
        "input-token-count": "1",
        "output-token-count": "0",
        "cache-read-input-token-count": "0",
        "cache-write-input-token-count": "0",
    }
    body = json.dumps({"texts": ["a", "b"], "input_type": "search_document"})
    cohere = signing.invoke_model(modelId="cohere.embed-multilingual-v3", body=body)
    assert len(json.loads(cohere["body"].read())["embeddings"]) == 2


@pytest.mark.parametrize(
    ("model_id", "body", "message"),
    [
        (SONNET, {"prompt": "hi"}, "prompt: Extra inputs are not permitted"),
        (SONNET, {**BODY, "messages": []}, "must start with a user message"),
        ("us.meta.llama4-scout-17b-instruct-v1:0", {"prompt": "hi"}, "does not speak the InvokeModel format"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", BODY, "on-demand throughput"),
        (
            SONNET,
            {**BODY, "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64"}}]}]},
            "Field required",
        ),
    ],
)
def test_a_body_that_a_model_does_not_take_is_refused(signing, model_id, body, message):
    with pytest.raises(ClientError, match=message):
        signing.invoke_model(modelId=model_id, body=json.dumps(body))


def test_a_picture_is_seen(claude):
    pixel = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03").decode()
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": pixel}}
    content = [picture, {"type": "text", "text": "Say 'seen'"}]
    message = claude.messages.create(model=SONNET, max_tokens=500, messages=[{"role": "user", "content": content}])
    assert message.content[0].text == "I see a PNG picture (2 by 3 pixels, 24 bytes). seen"
