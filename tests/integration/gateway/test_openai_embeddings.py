"""Embeddings as the OpenAI SDK asks for them, of every model in the catalog that makes some."""

import math
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from integration.deployment import Deployment
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.lambda_service import RunningFunctionUrl

TITAN = "amazon.titan-embed-text-v2:0"
COHERE = "cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
MODELS = [model.model_id for model in foundation_models("us-east-1") if "EMBEDDING" in model.output_modalities]
TEXTS = ["The cat sat here.", "The cat sat there.", "Quarterly bond yields."]


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def client(deployment: Deployment, gateway: RunningFunctionUrl) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=deployment.api_key, base_url=f"{gateway.url}/v1", max_retries=0) as client:
        yield client


def nearness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


@pytest.mark.parametrize("model", MODELS)
def test_texts_become_vectors_in_their_order(client: openai.OpenAI, model: str) -> None:
    # The SDK asks for base64 by itself, and unpacks it.
    answer = client.embeddings.create(model=model, input=TEXTS)
    assert [item.index for item in answer.data] == [0, 1, 2]
    cat, kitten, bonds = (item.embedding for item in answer.data)
    assert nearness(cat, kitten) > nearness(cat, bonds)
    assert answer.model == model
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 9


@pytest.mark.parametrize("model", [TITAN, COHERE, NOVA])
def test_base64_and_floats_are_the_same_numbers(client: openai.OpenAI, model: str) -> None:
    packed = client.embeddings.create(model=model, input="Bread.").data[0].embedding
    plain = client.embeddings.create(model=model, input="Bread.", encoding_format="float").data[0].embedding
    assert packed == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ("model", "dimensions"), [(TITAN, 256), (COHERE, 512), (NOVA, 384), ("amazon.titan-embed-image-v1", 256)]
)
def test_dimensions_are_carried(client: openai.OpenAI, model: str, dimensions: int) -> None:
    [item] = client.embeddings.create(model=model, input="Bread.", dimensions=dimensions).data
    assert len(item.embedding) == dimensions


@pytest.mark.parametrize(("model", "calls"), [(TITAN, 200), (COHERE, 3)])
def test_many_texts_go_in_as_few_calls_as_the_model_allows(
    client: openai.OpenAI, deployment: Deployment, model: str, calls: int
) -> None:
    texts = [f"Text {number}" for number in range(200)]
    answer = client.embeddings.create(model=model, input=texts)
    assert len(deployment.upstream.requests) == calls
    for at in (0, 95, 96, 199):
        [alone] = client.embeddings.create(model=model, input=texts[at]).data
        assert answer.data[at].embedding == pytest.approx(alone.embedding)
    assert answer.usage.prompt_tokens == 400


def test_cohere_is_told_what_a_text_is_for(client: openai.OpenAI, deployment: Deployment) -> None:
    client.embeddings.create(model=COHERE, input="Bread?", extra_body={"input_type": "search_query"})
    assert deployment.upstream.requests[-1].json["input_type"] == "search_query"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "us.amazon.nova-pro-v1:0"}, "model"),
        ({"input": []}, "input"),
        ({"input": ["a", " "]}, "input[1]"),
        ({"input": [1, 2]}, "input"),
        ({"model": "cohere.embed-multilingual-v3", "dimensions": 256}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_what_cannot_be_carried_is_a_400_that_names_its_path(
    client: openai.OpenAI, body: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.embeddings.create(**{"model": TITAN, "input": "a", **body})
    assert caught.value.param == param


def test_what_bedrock_refuses_is_told(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="is not a valid enum value"):
        client.embeddings.create(model=TITAN, input=TEXTS, dimensions=7)
