"""Vectors → OpenAI's embedding list."""

import base64
import struct
from collections.abc import Sequence
from typing import Any

type Json = dict[str, Any]


def embedding_list(vectors: Sequence[list[float]], *, model: str, tokens: int, as_base64: bool) -> Json:
    """Return the answer; base64 is of little-endian 32-bit floats, as OpenAI's."""
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": encoded(vector) if as_base64 else vector}
            for index, vector in enumerate(vectors)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def encoded(vector: Sequence[float]) -> str:
    """Pack a vector as OpenAI does."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
