"""An embeddings request, and what the client wants back."""

from typing import Any, NamedTuple

from gateway.converse.fields import read_object
from gateway.errors import InvalidRequest

CARRIED = frozenset({"dimensions", "encoding_format", "input", "input_type", "model"})
# OpenAI's own limit for one request.
_MAX_INPUTS = 2_048


class EmbeddingsRequest(NamedTuple):
    """What a client asked. `dimensions` and `input_type` are None where the model's own defaults are wanted.

    ignored: the names of fields that have no effect here.
    """

    model: str
    texts: tuple[str, ...]
    as_base64: bool
    dimensions: int | None
    input_type: str | None
    ignored: tuple[str, ...] = ()


def read_request(body: bytes) -> EmbeddingsRequest:
    """Read the body of an embeddings request.

    Raises:
        InvalidRequest: it is malformed, or asks for what is not carried.
    """
    request = read_object(body)
    model = request.get("model")
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest("`model` must be the id of a Bedrock embeddings model.", "model")
    # The SDKs ask for base64 by default and read floats as wrong numbers then, silently.
    encoding = request.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        raise InvalidRequest("`encoding_format` must be float or base64.", "encoding_format")
    return EmbeddingsRequest(
        model=model.strip(),
        texts=_texts(request.get("input")),
        as_base64=encoding == "base64",
        dimensions=_dimensions(request),
        input_type=_input_type(request),
        ignored=tuple(name for name, value in request.items() if value is not None and name not in CARRIED),
    )


def _texts(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise InvalidRequest("`input` must be a string or a list of at least one string.", "input")
    if len(texts) > _MAX_INPUTS:
        raise InvalidRequest(f"`input` has {len(texts)} items; at most {_MAX_INPUTS} are taken.", "input")
    for index, text in enumerate(texts):
        if isinstance(text, int | list):
            raise InvalidRequest(
                "`input` holds token ids, which belong to OpenAI's tokenizer and mean nothing to a Bedrock model. Send "
                "text (LangChain: check_embedding_ctx_length=False).",
                "input",
            )
        if not isinstance(text, str) or not text.strip():
            raise InvalidRequest(f"`input[{index}]` must be a string that is not blank.", f"input[{index}]")
    return tuple(texts)


def _dimensions(request: dict[str, Any]) -> int | None:
    value = request.get("dimensions")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidRequest("`dimensions` must be a whole number of at least 1.", "dimensions")
    return value


def _input_type(request: dict[str, Any]) -> str | None:
    """Not OpenAI's: what Cohere's models want to know; the SDKs send it in `extra_body`."""
    value = request.get("input_type")
    if value is not None and not isinstance(value, str):
        raise InvalidRequest("`input_type` must be a string.", "input_type")
    return value
