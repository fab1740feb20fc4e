"""About how many tokens a prompt has, where nobody has counted them.

An estimate errs on the high side: an agent that shortens its conversation too early loses little, one that does so too
late is refused by the model, and a budget that reserves too much gives the rest back.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

type Json = dict[str, Any]

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
# Where InvokeModel's bodies have files. Anywhere else a text without spaces, however long, is a text.
_FILE_MEMBERS = frozenset({"bytes", "data", "image", "images", "inputImage", "url"})
_BASE64 = re.compile(r"(data:[^,]{1,100},)?[A-Za-z0-9+/=_-]+", re.ASCII)
_LONGEST_WORD = 2_000
_PDF_IN_BASE64 = "JVBERi"
# What else of a Converse request becomes a part of the prompt, or may.
_PROMPT_MEMBERS = ("additionalModelRequestFields", "outputConfig", "promptVariables")


def prompt_tokens(converse: Json) -> int:
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
    text += sum(len(orjson.dumps(converse[name])) for name in _PROMPT_MEMBERS if name in converse)
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


def tokens_in(value: Any) -> int:
    """Return about how many tokens any JSON has, where its format is not known."""
    total = 0
    # A list rather than recursion: a client's JSON may be deeper than Python's stack.
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        name, value = waiting.pop()
        match value:
            case dict():
                total += sum(map(_text_tokens, value))
                waiting.extend(value.items())
            case list():
                waiting.extend((name, member) for member in value)
            case str() if name in _FILE_MEMBERS and len(value) > _LONGEST_WORD and _BASE64.fullmatch(value):
                total += _base64_tokens(value)
            case str():
                total += _text_tokens(value)
            case _:
                total += 1
    return total


def _text_tokens(text: str) -> int:
    return math.ceil(len(text.encode(errors="surrogatepass")) / _BYTES_PER_TOKEN)


def _base64_tokens(text: str) -> int:
    data = text.rpartition(",")[2]
    if not data.startswith(_PDF_IN_BASE64):
        return _TOKENS_PER_IMAGE
    return math.ceil(len(data) * 3 / 4 / _BYTES_PER_PAGE) * _TOKENS_PER_PAGE
