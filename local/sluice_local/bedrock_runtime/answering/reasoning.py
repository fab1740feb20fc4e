"""Signatures of reasoning: made for what the emulator reasons, recognised when it comes back unchanged."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

_KEY = b"bedrock-runtime-emulator"
_LENGTH = 64


def sign(text: str) -> str:
    """Return the signature of a reasoning text: opaque base64, as long as a short one of Claude's."""
    digest = hmac.new(_KEY, text.encode(), hashlib.sha512).digest()
    return base64.b64encode(digest[:_LENGTH]).decode()


def is_genuine(reasoning_text: Mapping[str, Any]) -> bool:
    """Tell whether a `reasoningText` is one of the emulator's, text and signature unchanged."""
    return hmac.compare_digest(reasoning_text.get("signature", "").encode(), sign(reasoning_text["text"]).encode())
