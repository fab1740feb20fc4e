"""How each family of embeddings models is asked through InvokeModel, and how it answers.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.dialects.openai_embeddings.request import EmbeddingsRequest
from gateway.errors import InvalidRequest

type Json = dict[str, Any]
type Vector = list[float]

_COUNT_HEADER = "x-amzn-bedrock-input-token-count"


class EmbeddingFormat(NamedTuple):
    """One family. `batch` is how many texts it takes at once.

    `body` makes the request for some texts; `vectors` reads the answer, in the order of the texts.
    """

    batch: int
    body: Callable[[Sequence[str], EmbeddingsRequest], Json]
    vectors: Callable[[Json], list[Vector]]


def format_of(model_id: str) -> EmbeddingFormat:
    """Find the family of a model id, inference profile id or ARN.

    Raises:
        InvalidRequest: it is of none that is known.
    """
    for family, form in _FORMATS.items():
        if family in model_id:
            return form
    raise InvalidRequest(
        f"{model_id} is no embeddings model that Sluice knows how to ask. It knows {', '.join(_FORMATS)}.", "model"
    )


def tokens_of(answer: Json, headers: Mapping[str, str]) -> int:
    """Return how many tokens were read: in the body of Amazon's models, else in Bedrock's header."""
    counted = answer.get("inputTextTokenCount")
    if counted is None:
        header = headers.get(_COUNT_HEADER, "")
        counted = int(header) if header.isdecimal() else 0
    return int(counted)


def _titan_v1_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    _refuse_dimensions(request)
    return {"inputText": texts[0]}


def _titan_v2_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    return {"inputText": texts[0], **({"dimensions": request.dimensions} if request.dimensions else {})}


def _titan_image_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    config = {"embeddingConfig": {"outputEmbeddingLength": request.dimensions}} if request.dimensions else {}
    return {"inputText": texts[0], **config}


def _nova_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    params: Json = {
        "embeddingPurpose": request.input_type or "GENERIC_INDEX",
        "text": {"truncationMode": "NONE", "value": texts[0]},
    }
    if request.dimensions:
        params["embeddingDimension"] = request.dimensions
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


def _cohere_v3_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    _refuse_dimensions(request)
    return {"texts": list(texts), "input_type": request.input_type or "search_document", "embedding_types": ["float"]}


def _cohere_v4_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    body: Json = {
        "texts": list(texts),
        "input_type": request.input_type or "search_document",
        "embedding_types": ["float"],
    }
    return {**body, "output_dimension": request.dimensions} if request.dimensions else body


def _marengo_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    _refuse_dimensions(request)
    return {"inputType": "text", "text": {"inputText": texts[0]}}


def _older_marengo_body(texts: Sequence[str], request: EmbeddingsRequest) -> Json:
    _refuse_dimensions(request)
    return {"inputType": "text", "inputText": texts[0]}


def _titan_vectors(answer: Json) -> list[Vector]:
    return [answer["embedding"]]


def _nova_vectors(answer: Json) -> list[Vector]:
    return [answer["embeddings"][0]["embedding"]]


def _marengo_vectors(answer: Json) -> list[Vector]:
    data = answer.get("data", answer)
    return [(data[0] if isinstance(data, list) else data)["embedding"]]


def _cohere_vectors(answer: Json) -> list[Vector]:
    embeddings = answer["embeddings"]
    return list(embeddings["float"] if isinstance(embeddings, dict) else embeddings)


def _refuse_dimensions(request: EmbeddingsRequest) -> None:
    if request.dimensions:
        raise InvalidRequest(f"{request.model} has one size of vectors; `dimensions` cannot be chosen.", "dimensions")


# Family, as it stands in the model ids → its format. The first that fits is taken.
_FORMATS = {
    "amazon.titan-embed-text-v2": EmbeddingFormat(1, _titan_v2_body, _titan_vectors),
    "amazon.titan-embed-image": EmbeddingFormat(1, _titan_image_body, _titan_vectors),
    "amazon.titan-embed": EmbeddingFormat(1, _titan_v1_body, _titan_vectors),
    "amazon.nova-2-multimodal-embeddings": EmbeddingFormat(1, _nova_body, _nova_vectors),
    "cohere.embed-v4": EmbeddingFormat(96, _cohere_v4_body, _cohere_vectors),
    "cohere.embed": EmbeddingFormat(96, _cohere_v3_body, _cohere_vectors),
    "twelvelabs.marengo-embed-2": EmbeddingFormat(1, _older_marengo_body, _marengo_vectors),
    "twelvelabs.marengo-embed": EmbeddingFormat(1, _marengo_body, _marengo_vectors),
}
