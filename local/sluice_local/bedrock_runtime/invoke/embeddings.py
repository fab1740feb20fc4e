"""Embeddings in the formats of Titan, Nova, Cohere and Marengo: texts that share words get vectors that lie close.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html and
https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
"""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from sluice_local.bedrock_runtime.answering.tokens import count
from sluice_local.bedrock_runtime.errors import ServiceError, invalid

_TITAN_DIMENSIONS = (256, 512, 1024)
_COHERE_DIMENSIONS = (1024, 256, 512, 1536)
_COHERE_FIELDS = frozenset(
    ("texts", "input_type", "truncate", "embedding_types", "images", "inputs", "max_tokens", "output_dimension")
)
_COHERE_INPUT_TYPES = ("search_document", "search_query", "classification", "clustering", "image")
_MOST_TEXTS = 96
_NOVA_PURPOSES = (
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
)


def embed(model_id: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the answer of an embeddings model and how many tokens it read. Raises ValidationException."""
    make = next((make for family, make in _FAMILIES.items() if model_id.startswith(family)), _titan)
    return make(body)


def vector(text: str, dimensions: int) -> list[float]:
    """Return a text's vector, of length one: each word adds to a few places of its own."""
    values = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        digest = hashlib.sha256(word.encode()).digest()
        for at in range(0, 16, 4):
            place = int.from_bytes(digest[at : at + 4]) % dimensions
            values[place] += 1.0 if digest[16 + at] % 2 else -1.0
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 8) for value in values]


def _titan(body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    text = _text(body.get("inputText"), "inputText")
    dimensions = body.get("dimensions", _TITAN_DIMENSIONS[-1])
    if dimensions not in _TITAN_DIMENSIONS:
        raise _malformed(f"#/dimensions: {dimensions} is not a valid enum value")
    embedding, tokens = vector(text, dimensions), count(text)
    return {"embedding": embedding, "embeddingsByType": {"float": embedding}, "inputTextTokenCount": tokens}, tokens


def _titan_image(body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    text = _text(body.get("inputText"), "inputText")
    dimensions = body.get("embeddingConfig", {}).get("outputEmbeddingLength", 1024)
    if dimensions not in (256, 384, 1024):
        raise _malformed(f"#/embeddingConfig/outputEmbeddingLength: {dimensions} is not a valid enum value")
    return {"embedding": vector(text, dimensions), "inputTextTokenCount": count(text), "message": None}, count(text)


def _nova(body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    if body.get("taskType") != "SINGLE_EMBEDDING":
        raise _malformed("#/taskType: only SINGLE_EMBEDDING is valid here")
    asked = body.get("singleEmbeddingParams", {})
    if asked.get("embeddingPurpose") not in _NOVA_PURPOSES:
        raise _malformed("#/singleEmbeddingParams/embeddingPurpose: not a valid enum value")
    dimensions = asked.get("embeddingDimension", 3072)
    if dimensions not in (256, 384, 1024, 3072):
        raise _malformed(f"#/singleEmbeddingParams/embeddingDimension: {dimensions} is not a valid enum value")
    given = asked.get("text", {})
    if given.get("truncationMode") not in ("START", "END", "NONE"):
        raise _malformed("#/singleEmbeddingParams/text: required key [truncationMode] not found")
    text = _text(given.get("value"), "value")
    return {"embeddings": [{"embeddingType": "TEXT", "embedding": vector(text, dimensions)}]}, count(text)


def _marengo(body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    if body.get("inputType") != "text":
        raise _malformed("#/inputType: only text is known to the emulator")
    text = _text(body.get("text", {}).get("inputText"), "inputText")
    return {"data": [{"embedding": vector(text, 512)}]}, count(text)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _malformed(f"#: required key [{name}] not found")
    return value


def _cohere(body: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    for name in body:
        if name not in _COHERE_FIELDS:
            raise _malformed(f"#: extraneous key [{name}] is not permitted")
    texts = body.get("texts")
    if not _is_list_of_texts(texts):
        raise _malformed(f"#/texts: expected 1 to {_MOST_TEXTS} strings")
    if body.get("input_type") not in _COHERE_INPUT_TYPES:
        raise _malformed("#: required key [input_type] not found")
    dimensions = body.get("output_dimension", _COHERE_DIMENSIONS[0])
    if dimensions not in _COHERE_DIMENSIONS:
        raise _malformed(f"#/output_dimension: {dimensions} is not a valid enum value")
    vectors = [vector(text, dimensions) for text in texts]
    by_type = {"embeddings": {"float": vectors}, "response_type": "embeddings_by_type"}
    plain = {"embeddings": vectors, "response_type": "embeddings_floats"}
    identity = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
    answer = by_type if body.get("embedding_types") else plain
    return {"id": identity, "texts": list(texts), **answer}, sum(map(count, texts))


def _is_list_of_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and 1 <= len(value) <= _MOST_TEXTS and all(isinstance(text, str) for text in value)


def _malformed(what: str) -> ServiceError:
    return invalid(f"Malformed input request: {what}, please reformat your input and try again.")


_FAMILIES: Mapping[str, Callable[[Mapping[str, Any]], tuple[dict[str, Any], int]]] = {
    "amazon.titan-embed-image": _titan_image,
    "amazon.nova": _nova,
    "cohere": _cohere,
    "twelvelabs": _marengo,
}
