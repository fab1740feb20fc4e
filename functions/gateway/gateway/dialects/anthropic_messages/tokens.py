"""Token counts: CountTokens' request, and an estimate for the models that it does not know.

An estimate errs on the high side: an agent that shortens its conversation too early loses little, one that does so too
late is refused by the model.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import orjson
from sluice.model_ids import model_of_arn, without_prefix

from gateway.errors import GatewayError

type Json = dict[str, Any]

# What CountTokens takes of a Converse request.
_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
_SYSTEM_PROFILE = re.compile(r":inference-profile/(.+)$")

# Bytes a token. English has four and more of them, code, JSON and other scripts about three; the newest Claude models
# cut text finer than those before.
_BYTES_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 6
# What Claude's prompt for using tools takes by itself.
_TOKENS_FOR_TOOLS = 500
# Claude scales an image down to about 1.15 megapixels, and 750 of them are a token.
_TOKENS_PER_IMAGE = 1_600
# A page of a PDF is read as text and as an image, and has seldom less than so many bytes.
_TOKENS_PER_PAGE = 3_000
_BYTES_PER_PAGE = 30_000
_MEDIA = frozenset({"image", "document", "video", "audio"})


def count_request(converse: Json) -> bytes:
    """Return the body of a CountTokens request for a Converse request's body."""
    return orjson.dumps({"input": {"converse": {name: converse[name] for name in _COUNTED if name in converse}}})


def foundation_id(model_id: str) -> str:
    """Return the id of the foundation model, which alone CountTokens takes; empty where the name hides it."""
    if not model_id.startswith("arn:"):
        return without_prefix(model_id)
    profile = _SYSTEM_PROFILE.search(model_id)
    return without_prefix(profile[1]) if profile else model_of_arn(model_id)


def cannot_count(error: GatewayError) -> bool:
    """Tell whether Bedrock says that it counts no tokens for this model."""
    text = str(error).lower()
    return error.aws_type == "ValidationException" and "count" in text and "support" in text


def estimate(converse: Json) -> int:
    """Return about how many tokens a Converse request's body has."""
    tools = converse.get("toolConfig", {}).get("tools", [])
    text, media = 0, 0
    for block in _blocks(converse):
        kind = next(iter(block), "")
        if kind in _MEDIA:
            media += _media_tokens(kind, block[kind])
        else:
            text += len(orjson.dumps(block))
    text += len(orjson.dumps(tools)) if tools else 0
    fixed = len(converse["messages"]) * _TOKENS_PER_MESSAGE + (_TOKENS_FOR_TOOLS if tools else 0)
    return fixed + media + math.ceil(text / _BYTES_PER_TOKEN)


def _blocks(converse: Json) -> Iterator[Json]:
    """Yield every block of the prompt, those inside of tools' results too."""
    for block in (*converse.get("system", ()), *(block for m in converse["messages"] for block in m["content"])):
        if result := block.get("toolResult"):
            yield from result["content"]
        else:
            yield block


def _media_tokens(kind: str, media: Json) -> int:
    if kind == "image":
        return _TOKENS_PER_IMAGE
    source = media.get("source", {})
    if "bytes" not in source:
        return math.ceil(len(orjson.dumps(media)) / _BYTES_PER_TOKEN)
    size = len(source["bytes"]) * 3 // 4
    if media.get("format") == "pdf":
        return math.ceil(size / _BYTES_PER_PAGE) * _TOKENS_PER_PAGE
    return math.ceil(size / _BYTES_PER_TOKEN)
