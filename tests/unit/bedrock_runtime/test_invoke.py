import base64
import json
import math
from typing import Any

import pytest
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.invoke.anthropic_replies import message_of, message_steps
from sluice_local.bedrock_runtime.invoke.dialects import ANTHROPIC, NOVA, dialect_of, parse_body, request_of
from sluice_local.bedrock_runtime.invoke.embeddings import embed, vector
from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import Cut, ExceptionEvent

BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
}


def refusal(**members: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        request_of(ANTHROPIC, {**BODY, **members})
    assert caught.value.status == 400
    return caught.value.message


def test_a_messages_body_is_a_converse_request():
    body = {
        **BODY,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAE="}},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "sig"},
                    {"type": "redacted_thinking", "data": "AAE="},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True}],
            },
        ],
        "tools": [{"name": "look", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
        "tool_choice": {"type": "tool", "name": "look"},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "temperature": 1,
        "stop_sequences": ["END"],
    }
    assert request_of(ANTHROPIC, body) == {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "look"},
                    {"image": {"format": "png", "source": {"bytes": b"\x00\x01"}}},
                    {"document": {"name": "document", "source": {"text": "x"}}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}},
                    {"reasoningContent": {"redactedContent": b"\x00\x01"}},
                    {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"a": 1}}},
                ],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "no"}], "status": "error"}}],
            },
        ],
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
        "inferenceConfig": {"maxTokens": 100, "temperature": 1, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [
                {"toolSpec": {"name": "look", "description": "look", "inputSchema": {"json": {"type": "object"}}}},
                {"cachePoint": {"type": "default"}},
            ],
            "toolChoice": {"tool": {"name": "look"}},
        },
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"model": "claude"}, "model: Extra inputs are not permitted"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"anthropic_version": "latest"}, "not a valid version"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role: Input should be 'user' or 'assistant'"),
        ({"messages": [{"role": "user"}]}, "messages.0: role and content are required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: Input should be a valid list"),
        ({"messages": [{"role": "user", "content": [{"type": "dance"}]}]}, "Input tag 'dance'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages.0.content.0.text.text: Field required",
        ),
        ({"messages": 5}, "Malformed input request"),
        ({"max_tokens": "many"}, "can not be converted to Integer"),
        ({"max_tokens": 0}, "inferenceConfig.maxTokens"),
        ({"tools": [{"name": "look"}]}, "tools.input_schema: Field required"),
    ],
)
def test_a_body_that_anthropic_does_not_take_is_refused(members, words):
    assert words in refusal(**members)


@pytest.mark.parametrize("missing", list(BODY))
def test_a_field_that_must_be_there_is_named(missing):
    with pytest.raises(ServiceError, match=f"{missing}: Field required"):
        request_of(ANTHROPIC, {name: value for name, value in BODY.items() if name != missing})


def test_tool_choice_none_takes_the_tools_away():
    tools = [{"name": "look", "input_schema": {"type": "object"}}]
    assert "toolConfig" not in request_of(ANTHROPIC, {**BODY, "tools": tools, "tool_choice": {"type": "none"}})
    for choice in ("any", "auto"):
        configuration = request_of(ANTHROPIC, {**BODY, "tools": tools, "tool_choice": {"type": choice}})["toolConfig"]
        assert configuration["toolChoice"] == {choice: {}}


def documents(name: str) -> list[dict[str, Any]]:
    steps = message_steps(library_scenario(name).steps, "m")
    return [json.loads(base64.b64decode(step.payload["bytes"])) for step in steps]


def test_a_stream_opens_and_closes_every_block():
    types = [document["type"] for document in documents("reasoning")]
    assert types[:2] == ["message_start", "content_block_start"]
    assert types.count("content_block_start") == types.count("content_block_stop") == 2
    assert types[-2:] == ["message_delta", "message_stop"]


def test_a_stream_ends_with_the_usage():
    *_, delta, stop = documents("cached")
    assert delta["usage"] == {"output_tokens": 9}
    assert stop["amazon-bedrock-invocationMetrics"]["cacheReadInputTokenCount"] == 4096


def test_a_redacted_block_is_whole_at_its_start():
    [start] = [document for document in documents("reasoning-redacted") if document.get("index") == 0][:1]
    assert start["content_block"]["type"] == "redacted_thinking"
    assert start["content_block"]["data"]


def test_faults_stay_where_they_are():
    steps = list(message_steps(library_scenario("midstream-throttling").steps, "m"))
    assert isinstance(steps[-1], ExceptionEvent)
    steps = list(message_steps(library_scenario("cut-midframe").steps, "m"))
    assert any(isinstance(step, Cut) for step in steps)


def test_a_whole_message_has_the_blocks_of_the_stream():
    message = message_of(library_scenario("reasoning-tool-use").steps, "m")
    assert [block["type"] for block in message["content"]] == ["thinking", "tool_use"]
    assert message["stop_reason"] == "tool_use"
    assert message["id"].startswith("msg_bdrk_")


def test_the_dialect_follows_from_the_model_and_the_body():
    assert dialect_of(Model("x", "anthropic.claude", "x"), {}) is ANTHROPIC
    assert dialect_of(Model("x", "emulator.text", "x"), BODY) is ANTHROPIC
    assert dialect_of(Model("x", "amazon.nova-lite-v1:0", "x"), {}) is NOVA
    with pytest.raises(ServiceError, match="does not speak the InvokeModel format"):
        dialect_of(Model("x", "meta.llama", "x"), {})


def test_nova_s_format_is_converse_s():
    body = {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    assert request_of(NOVA, body) == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    with pytest.raises(ServiceError, match=r"extraneous key \[prompt\]"):
        request_of(NOVA, {"prompt": "hi"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
def test_a_body_that_is_no_object_is_malformed(body):
    with pytest.raises(ServiceError, match="Malformed input request"):
        parse_body(body)


def test_a_vector_has_length_one_and_lies_near_its_like():
    cat, kitten, bond = (
        vector(text, 256) for text in ("the cat sat here", "the cat sat there", "quarterly bond yields")
    )
    assert math.isclose(sum(value * value for value in cat), 1.0, abs_tol=1e-6)
    near = sum(a * b for a, b in zip(cat, kitten, strict=True))
    far = sum(a * b for a, b in zip(cat, bond, strict=True))
    assert near > far + 0.3


def nova(**members):
    """Return what Nova's embeddings model is asked."""
    text = {"truncationMode": "NONE", "value": "hello world"}
    params = {"embeddingPurpose": "GENERIC_INDEX", "text": text, **members}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


def test_models_for_more_than_text_embed_one_text():
    image, _ = embed("amazon.titan-embed-image-v1", {"inputText": "hello world"})
    assert (len(image["embedding"]), image["inputTextTokenCount"]) == (1024, 2)
    answer, tokens = embed("amazon.nova-2-multimodal-embeddings-v1:0", nova(embeddingDimension=384))
    assert (len(answer["embeddings"][0]["embedding"]), tokens) == (384, 2)
    answer, _ = embed("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text", "text": {"inputText": "hello"}})
    assert len(answer["data"][0]["embedding"]) == 512


def test_titan_embeds_one_text():
    answer, tokens = embed("amazon.titan-embed-text-v2:0", {"inputText": "hello world", "dimensions": 512})
    assert len(answer["embedding"]) == 512
    assert answer["inputTextTokenCount"] == tokens == 2


def test_cohere_embeds_many_texts():
    body = {"texts": ["a", "b"], "input_type": "search_query"}
    answer, tokens = embed("cohere.embed-v4:0", body)
    assert (len(answer["embeddings"]), tokens, answer["response_type"]) == (2, 2, "embeddings_floats")
    by_type, _ = embed("cohere.embed-v4:0", {**body, "embedding_types": ["float"]})
    assert by_type["embeddings"]["float"] == answer["embeddings"]


@pytest.mark.parametrize(
    ("model_id", "body"),
    [
        ("amazon.titan-embed-text-v2:0", {}),
        ("amazon.titan-embed-text-v2:0", {"inputText": "x", "dimensions": 7}),
        ("cohere.embed-v4:0", {"texts": ["x"]}),
        ("cohere.embed-v4:0", {"texts": [], "input_type": "search_query"}),
        ("cohere.embed-v4:0", {"texts": ["x"] * 97, "input_type": "search_query"}),
        ("cohere.embed-v4:0", {"texts": ["x"], "input_type": "search_query", "x": 1}),
        ("amazon.titan-embed-image-v1", {"inputText": "x", "embeddingConfig": {"outputEmbeddingLength": 5}}),
        ("amazon.nova-2-multimodal-embeddings-v1:0", {"taskType": "SEGMENTED_EMBEDDING"}),
        ("amazon.nova-2-multimodal-embeddings-v1:0", {"taskType": "SINGLE_EMBEDDING"}),
        ("amazon.nova-2-multimodal-embeddings-v1:0", nova(embeddingDimension=5)),
        ("amazon.nova-2-multimodal-embeddings-v1:0", nova(text={"value": "x"})),
        ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "image"}),
        ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text", "inputText": "x"}),
    ],
)
def test_a_body_that_an_embeddings_model_does_not_take_is_malformed(model_id, body):
    with pytest.raises(ServiceError, match="Malformed input request"):
        embed(model_id, body)
