"""Whole calls through boto3: who may call, what is refused, and what the emulator answers by itself."""

import json

import pytest
from botocore.exceptions import ClientError
from integration.bedrock_runtime.clients import BODY, HELLO, bearer_client, post, signing_client
from sluice_local.bedrock_runtime import AccessKey, Credentials, Settings, running_emulator

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
WEATHER = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "The weather in a city",
                "inputSchema": {
                    "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
                },
            }
        }
    ]
}


def said(answer) -> str:
    return answer["output"]["message"]["content"][0]["text"]


def asking(text: str) -> list:
    return [{"role": "user", "content": [{"text": text}]}]


@pytest.mark.parametrize(
    "model_id",
    [
        HAIKU,
        SONNET,
        f"arn:aws:bedrock:us-east-1::foundation-model/{HAIKU}",
        f"arn:aws:bedrock:us-east-1:111122223333:inference-profile/{SONNET}",
        "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl",
    ],
)
def test_a_model_is_called_by_id_profile_or_arn(client, model_id):
    assert said(client.converse(modelId=model_id, messages=asking("Say 'yes'"))) == "yes"


@pytest.mark.parametrize("path", [f"/model/{HAIKU}/converse", f"/model/{HAIKU.replace(':', '%3A')}/converse"])
def test_a_model_id_may_be_encoded_or_not(emulator, path):
    assert post(emulator, path)[0] == 200


def test_a_stream_says_the_same_as_an_answer(client):
    events = list(client.converse_stream(modelId=SONNET, messages=asking("Why is the sky blue?"))["stream"])
    streamed = "".join(event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event)
    assert streamed == said(client.converse(modelId=SONNET, messages=asking("Why is the sky blue?")))
    assert list(events[-1]) == ["metadata"]


def test_an_agent_s_loop_ends(client):
    messages = asking("What is the weather in Lisbon?")
    answer = client.converse(modelId=SONNET, messages=messages, toolConfig=WEATHER)
    assert answer["stopReason"] == "tool_use"
    [use] = [block["toolUse"] for block in answer["output"]["message"]["content"] if "toolUse" in block]
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "sunny"}], "status": "success"}}
    messages += [answer["output"]["message"], {"role": "user", "content": [result]}]
    answer = client.converse(modelId=SONNET, messages=messages, toolConfig=WEATHER)
    assert (said(answer), answer["stopReason"]) == ("The tool get_weather says: sunny", "end_turn")


def test_a_scenario_that_calls_tools_lets_an_agent_s_loop_end(signing):
    messages = asking("anything")
    answer = signing.converse(modelId="emulator.tool-use", messages=messages, toolConfig=WEATHER)
    use = answer["output"]["message"]["content"][1]["toolUse"]
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "sunny"}]}}
    messages += [answer["output"]["message"], {"role": "user", "content": [result]}]
    assert (
        signing.converse(modelId="emulator.tool-use", messages=messages, toolConfig=WEATHER)["stopReason"] == "end_turn"
    )


def test_reasoning_comes_back_unchanged_through_boto3(signing):
    fields = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    messages = asking("Why?")
    answer = signing.converse(modelId=SONNET, messages=messages, additionalModelRequestFields=fields)
    messages += [answer["output"]["message"], *asking("And now?")]
    signing.converse(modelId=SONNET, messages=messages, additionalModelRequestFields=fields)
    messages[1]["content"][0]["reasoningContent"]["reasoningText"]["text"] += " (edited)"
    with pytest.raises(ClientError, match="Invalid `signature` in `thinking` block"):
        signing.converse(modelId=SONNET, messages=messages, additionalModelRequestFields=fields)


def test_a_cached_prompt_is_read_the_second_time(signing):
    system = [{"text": "once " * 1500}, {"cachePoint": {"type": "default"}}]
    usages = [signing.converse(modelId=SONNET, messages=HELLO, system=system)["usage"] for _ in range(2)]
    assert usages[0]["cacheWriteInputTokens"] == usages[1]["cacheReadInputTokens"] >= 1500


@pytest.mark.parametrize(
    ("model_id", "status", "message"),
    [
        ("no.such-model", 400, "The provided model identifier is invalid."),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", 400, "isn\N{RIGHT SINGLE QUOTATION MARK}t supported"),
        ("amazon.titan-embed-text-v2:0", 400, "not supported by this operation"),
    ],
)
def test_a_model_that_cannot_be_called_is_refused(signing, model_id, status, message):
    with pytest.raises(ClientError, match=message) as caught:
        signing.converse(modelId=model_id, messages=HELLO)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    "body",
    [
        {"messages": []},
        {"messages": HELLO, "surprise": 1},
        {"messages": HELLO, "inferenceConfig": {"maxTokens": "many"}},
        {"messages": [{"role": "user", "content": [{"text": " "}]}]},
        {"messages": HELLO, "system": [{"text": "x"}, {"cachePoint": {"type": "sometimes"}}]},
    ],
)
def test_a_request_that_aws_refuses_is_refused_before_any_answer(emulator, body):
    for operation in ("converse", "converse-stream"):
        status, headers, answer = post(emulator, f"/model/{HAIKU}/{operation}", json.dumps(body).encode())
        assert status == 400
        assert headers["x-amzn-errortype"].startswith("ValidationException:")
        assert json.loads(answer)["message"]


def test_who_has_no_credentials_is_refused(emulator):
    for authorization, name in (
        ("Bearer wrong", "AccessDeniedException"),
        ("", "MissingAuthenticationTokenException"),
        ("Basic eDp5", "IncompleteSignatureException"),
    ):
        status, headers, _ = post(emulator, f"/model/{HAIKU}/converse", authorization=authorization)
        assert status in (400, 403)
        assert headers["x-amzn-errortype"].startswith(name)


def test_configured_credentials_open_and_the_default_ones_do_not(monkeypatch):
    credentials = Credentials({"AKIDMINE": AccessKey("mine")}, ("my-token",))
    with running_emulator(Settings(region="eu-west-1", credentials=credentials)) as emulator:
        assert post(emulator, "/model/emulator.text/converse", authorization="Bearer my-token")[0] == 200
        assert post(emulator, "/model/emulator.text/converse")[0] == 403
        client = signing_client(emulator)
        with pytest.raises(ClientError, match="security token included in the request is invalid"):
            client.converse(modelId="emulator.text", messages=HELLO)
        client.close()


def test_the_pace_of_its_own_answers_can_be_set():
    with running_emulator(Settings(pace=0.05)) as emulator:
        client = signing_client(emulator)
        events = client.converse_stream(modelId=HAIKU, messages=asking("count to 3"))["stream"]
        assert len(list(events)) > 5
        client.close()


def test_tokens_are_counted(signing):
    conversation = {"converse": {"messages": asking("one two three"), "system": [{"text": "four"}]}}
    base = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert signing.count_tokens(modelId=base, input=conversation)["inputTokens"] >= 4
    body = json.dumps(
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    )
    assert signing.count_tokens(modelId=base, input={"invokeModel": {"body": body.encode()}})["inputTokens"] > 0
    for model_id, message in (
        (SONNET, "model identifier is invalid"),
        ("anthropic.claude-opus-4-8", "doesn't support counting tokens"),
        ("emulator.throttled", "Too many requests"),
    ):
        with pytest.raises(ClientError, match=message):
            signing.count_tokens(modelId=model_id, input=conversation)


def test_a_guardrail_is_applied(signing):
    content = [{"text": {"text": "the forbidden word"}}]
    members = {"guardrailVersion": "1", "source": "INPUT", "content": content}
    assert signing.apply_guardrail(guardrailIdentifier="gr1", **members)["action"] == "GUARDRAIL_INTERVENED"
    with pytest.raises(ClientError, match="does not exist"):
        signing.apply_guardrail(guardrailIdentifier="missing", **members)


def test_a_large_request_is_taken_and_a_huge_one_is_not(emulator):
    def body(size: int) -> bytes:
        return json.dumps({"messages": asking("x" * size)}).encode()

    assert post(emulator, f"/model/{HAIKU}/converse", body(5_000_000))[0] == 200
    status, _, _ = post(emulator, f"/model/{HAIKU}/converse", body(25_000_001))
    assert status == 413


def test_a_bearer_token_is_sent_over_tls(emulator, bearing):
    bearing.converse(modelId="emulator.text", messages=HELLO)
    assert emulator.requests[-1].header("authorization") == "Bearer bedrock-api-key-emulator"


def test_a_client_is_made_for_each_way(emulator):
    for connect in (signing_client, bearer_client):
        connect(emulator).close()


def test_the_body_of_the_documentation_is_a_request(emulator):
    assert post(emulator, f"/model/{HAIKU}/converse", BODY)[0] == 200
