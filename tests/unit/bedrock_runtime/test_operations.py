import json
from typing import Any

import pytest
from hypothesis import given, settings
from sluice_local.bedrock_runtime.answer import Answer
from sluice_local.bedrock_runtime.answering.reply import Answering
from sluice_local.bedrock_runtime.emulator import ACCOUNT_ID
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import catalog_models
from sluice_local.bedrock_runtime.operations import Operations
from sluice_local.bedrock_runtime.scenarios.scripts import Scripts
from sluice_local.bedrock_runtime.service_model import find_route
from unit.bedrock_runtime.mutations import VALID, mutated

FIND = catalog_models("us-east-1", ACCOUNT_ID)
MODELS = ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.amazon.nova-2-lite-v1:0", "openai.gpt-oss-120b-1:0")


def answer(path: str, body: Any) -> Answer | ServiceError:
    """What comes back; any exception but a refusal is a bug."""
    operations = Operations(FIND, Scripts(), Answering(lambda: 0.0), 0.0)
    try:
        return operations.answer(find_route("POST", path), {}, json.dumps(body).encode())
    except ServiceError as error:
        return error


def sonnet(operation: str) -> str:
    return f"/model/{MODELS[0]}/{operation}"


def test_the_request_that_is_mutated_is_answered():
    for model_id in MODELS[:2]:
        assert isinstance(answer(f"/model/{model_id}/converse", VALID), Answer)


@given(mutated(VALID))
@settings(max_examples=300, deadline=None)
def test_an_odd_request_is_answered_or_refused_and_never_fails(body):
    for model_id in MODELS:
        answer(f"/model/{model_id}/converse-stream", body)
    answer("/model/emulator.tool-use/converse", body)


FORCED = {
    "messages": [{"role": "user", "content": [{"text": "Look at Paris and at Rome, 7 times, in celsius"}]}],
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "look",
                    "inputSchema": {
                        "json": {
                            "type": "object",
                            "properties": {
                                "city": {"type": "string", "maxLength": 5},
                                "times": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
                                "unit": {"enum": ["celsius"]},
                                "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 2},
                                "more": {"anyOf": [{"type": "object", "properties": {"a": {"type": "number"}}}]},
                            },
                            "required": ["city", "times", "tags", "more"],
                            "$defs": {"tag": {"type": ["string", "null"]}},
                        }
                    },
                }
            }
        ],
        "toolChoice": {"any": {}},
    },
}


def test_the_forced_call_that_is_mutated_is_answered():
    assert isinstance(answer(sonnet("converse"), FORCED), Answer)


@given(mutated(FORCED))
@settings(max_examples=400, deadline=None)
def test_an_odd_schema_is_answered_or_refused_and_never_fails(body):
    answer(sonnet("converse"), body)


@pytest.mark.parametrize("schema", [FORCED["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"]])
def test_structured_output_of_an_odd_schema_never_fails(schema):
    @given(mutated(schema))
    @settings(max_examples=200, deadline=None)
    def every(odd: Any) -> None:
        config = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(odd)}}}}
        answer(sonnet("converse"), {"messages": FORCED["messages"], "outputConfig": config})

    every()


MESSAGES = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 2000,
    "system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "weather in Rome?"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAE="}},
            ],
        },
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "warm"}]},
    ],
    "tools": [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}],
    "tool_choice": {"type": "auto"},
    "stop_sequences": ["END"],
    "temperature": 1,
}


def test_the_messages_body_that_is_mutated_is_answered():
    assert isinstance(answer(sonnet("invoke"), MESSAGES), Answer)


@given(mutated(MESSAGES))
@settings(max_examples=300, deadline=None)
def test_an_odd_messages_body_is_answered_or_refused_and_never_fails(body):
    answer(sonnet("invoke"), body)
    answer(sonnet("invoke-with-response-stream"), body)
    answer("/model/emulator.tool-use/invoke", body)


@pytest.mark.parametrize(
    ("model_id", "body"),
    [
        ("amazon.titan-embed-text-v2:0", {"inputText": "x", "dimensions": 256, "normalize": True}),
        ("cohere.embed-multilingual-v3", {"texts": ["x"], "input_type": "search_query", "embedding_types": ["float"]}),
        (
            "amazon.nova-lite-v1:0",
            {"messages": [{"role": "user", "content": [{"text": "x"}]}], "system": [{"text": "y"}]},
        ),
    ],
)
def test_other_odd_bodies_never_fail_either(model_id, body):
    @given(mutated(body))
    @settings(max_examples=60, deadline=None)
    def every(odd: Any) -> None:
        answer(f"/model/{model_id}/invoke", odd)

    assert isinstance(answer(f"/model/{model_id}/invoke", body), Answer)
    every()
