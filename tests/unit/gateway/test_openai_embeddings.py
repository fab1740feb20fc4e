"""Embeddings: what is asked of each family of models, and what an OpenAI SDK gets back."""

import base64
import struct

import orjson
import pytest
from gateway.dialects.openai_embeddings.formats import format_of, tokens_of
from gateway.dialects.openai_embeddings.reply import embedding_list
from gateway.dialects.openai_embeddings.request import read_request
from gateway.errors import InvalidRequest


def ask(**fields):
    return read_request(orjson.dumps({"model": "amazon.titan-embed-text-v2:0", "input": "Hi", **fields}))


@pytest.mark.parametrize(
    ("model", "dimensions", "body"),
    [
        ("amazon.titan-embed-text-v1", None, {"inputText": "Hi"}),
        ("amazon.titan-embed-text-v2:0", None, {"inputText": "Hi"}),
        ("amazon.titan-embed-text-v2:0", 256, {"inputText": "Hi", "dimensions": 256}),
        ("amazon.titan-embed-image-v1", 384, {"inputText": "Hi", "embeddingConfig": {"outputEmbeddingLength": 384}}),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            1024,
            {
                "taskType": "SINGLE_EMBEDDING",
                "singleEmbeddingParams": {
                    "embeddingPurpose": "GENERIC_INDEX",
                    "text": {"truncationMode": "NONE", "value": "Hi"},
                    "embeddingDimension": 1024,
                },
            },
        ),
        ("us.twelvelabs.marengo-embed-3-0-v1:0", None, {"inputType": "text", "text": {"inputText": "Hi"}}),
        ("twelvelabs.marengo-embed-2-7-v1:0", None, {"inputType": "text", "inputText": "Hi"}),
        (
            "cohere.embed-multilingual-v3",
            None,
            {"texts": ["Hi"], "input_type": "search_document", "embedding_types": ["float"]},
        ),
        (
            "us.cohere.embed-v4:0",
            512,
            {
                "texts": ["Hi"],
                "input_type": "search_document",
                "embedding_types": ["float"],
                "output_dimension": 512,
            },
        ),
    ],
)
def test_each_family_is_asked_in_its_own_format(model, dimensions, body):
    request = ask(dimensions=dimensions)
    assert format_of(model).body(request.texts, request) == body


@pytest.mark.parametrize(
    "model", ["amazon.titan-embed-text-v1", "cohere.embed-english-v3", "twelvelabs.marengo-embed-3-0-v1:0"]
)
def test_dimensions_are_refused_where_they_cannot_be_chosen(model):
    request = ask(dimensions=256)
    with pytest.raises(InvalidRequest, match="dimensions"):
        format_of(model).body(request.texts, request)


def test_cohere_is_told_what_the_text_is_for():
    request = ask(input_type="search_query")
    assert format_of("cohere.embed-v4:0").body(request.texts, request)["input_type"] == "search_query"


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("amazon.titan-embed-text-v2:0", {"embedding": [1.0, 2.0]}),
        ("amazon.nova-2-multimodal-embeddings-v1:0", {"embeddings": [{"embeddingType": "T", "embedding": [1.0, 2.0]}]}),
        ("cohere.embed-v4:0", {"embeddings": {"float": [[1.0, 2.0]]}}),
        ("cohere.embed-english-v3", {"embeddings": [[1.0, 2.0]]}),
        ("twelvelabs.marengo-embed-3-0-v1:0", {"data": [{"embedding": [1.0, 2.0]}]}),
        ("twelvelabs.marengo-embed-3-0-v1:0", {"data": {"embedding": [1.0, 2.0]}}),
        ("twelvelabs.marengo-embed-2-7-v1:0", {"embedding": [1.0, 2.0]}),
    ],
)
def test_each_familys_answer_is_read(model, answer):
    assert format_of(model).vectors(answer) == [[1.0, 2.0]]


def test_a_model_of_another_family_is_refused_by_name():
    with pytest.raises(InvalidRequest, match=r"amazon\.nova-pro-v1:0 is no embeddings model"):
        format_of("amazon.nova-pro-v1:0")


@pytest.mark.parametrize(
    ("answer", "headers", "tokens"),
    [
        ({"inputTextTokenCount": 4}, {"x-amzn-bedrock-input-token-count": "9"}, 4),
        ({}, {"x-amzn-bedrock-input-token-count": "9"}, 9),
        ({}, {"x-amzn-bedrock-input-token-count": "many"}, 0),
        ({}, {}, 0),
    ],
)
def test_tokens_are_counted_by_the_body_then_by_the_header(answer, headers, tokens):
    assert tokens_of(answer, headers) == tokens


def test_base64_is_of_little_endian_floats():
    answer = embedding_list([[1.0, -0.5]], model="m", tokens=3, as_base64=True)
    assert struct.unpack("<2f", base64.b64decode(answer["data"][0]["embedding"])) == (1.0, -0.5)
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_floats_come_in_the_order_of_the_texts():
    answer = embedding_list([[1.0], [2.0]], model="m", tokens=0, as_base64=False)
    assert [(row["index"], row["embedding"]) for row in answer["data"]] == [(0, [1.0]), (1, [2.0])]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": ""}, "model"),
        ({"model": 5}, "model"),
        ({"input": []}, "input"),
        ({"input": None}, "input"),
        ({"input": {"text": "x"}}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"input": [[1, 2]]}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": ["x", " "]}, "input[1]"),
        ({"input": ["x", None]}, "input[1]"),
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": True}, "dimensions"),
        ({"input_type": 1}, "input_type"),
    ],
)
def test_a_bad_field_is_named(fields, param):
    with pytest.raises(InvalidRequest) as caught:
        ask(**fields)
    assert caught.value.param == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(InvalidRequest):
        read_request(body)


def test_fields_without_a_place_are_named():
    assert ask(user="u", hologram=1, input_type=None).ignored == ("user", "hologram")
