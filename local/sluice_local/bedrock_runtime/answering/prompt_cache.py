"""Prompt caching: what of a prompt was read from the cache, what was written to it, and for how long it stays."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice_local.bedrock_runtime.answering.tokens import count

_LIFETIMES = {"5m": 300.0, "1h": 3600.0}
# Roughly what a picture costs, and how many bytes of a document make a token.
_IMAGE_TOKENS = 1_100
_DOCUMENT_BYTES_PER_TOKEN = 5
# What stands around a message in a model's own template.
_TOKENS_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True)
class InputUsage:
    """The tokens of a prompt; `uncached` is what Bedrock calls inputTokens, `written_for` splits `written` by TTL."""

    uncached: int
    read: int = 0
    written: int = 0
    written_for: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Prefix:
    digest: bytes
    tokens: int
    ttl: str


class PromptCache:
    """Which prefixes of prompts were seen lately. Times are epoch seconds."""

    def __init__(self) -> None:
        self._expires: dict[bytes, float] = {}

    def account(self, request: Mapping[str, Any], model_id: str, minimum: int | None, now: float) -> InputUsage:
        """Return the usage of a Converse request's prompt and remember its prefixes up to each cache point.

        A prefix shorter than `minimum` tokens is not cached; None stands for a model that caches nothing.
        """
        self._expires = {digest: expires for digest, expires in self._expires.items() if expires > now}
        total, prefixes = _measure(request, model_id)
        kept = [prefix for prefix in prefixes if minimum is not None and prefix.tokens >= minimum]
        read = max((prefix.tokens for prefix in kept if prefix.digest in self._expires), default=0)
        for prefix in kept:
            self._expires[prefix.digest] = now + _LIFETIMES[prefix.ttl]
        written_for = _written(kept, read)
        written = sum(written_for.values())
        return InputUsage(total - read - written, read, written, written_for)


def count_input(request: Mapping[str, Any]) -> int:
    """Return the tokens of a Converse request's prompt, cached or not."""
    return _measure(request, "")[0]


def _written(prefixes: Sequence[_Prefix], read: int) -> dict[str, int]:
    written: dict[str, int] = {}
    done = read
    for prefix in prefixes:
        if prefix.tokens > done:
            written[prefix.ttl] = written.get(prefix.ttl, 0) + prefix.tokens - done
            done = prefix.tokens
    return written


def _measure(request: Mapping[str, Any], model_id: str) -> tuple[int, list[_Prefix]]:
    """Return the tokens of the whole prompt and its prefixes up to each cache point, in the prompt's order."""
    digest, tokens = hashlib.sha256(model_id.encode()), _TOKENS_PER_MESSAGE * len(request.get("messages") or ())
    prefixes: list[_Prefix] = []
    for role, block in _blocks(request):
        if "cachePoint" in block:
            prefixes.append(_Prefix(digest.digest(), tokens, block["cachePoint"].get("ttl", "5m")))
        else:
            digest.update(json.dumps([role, block], sort_keys=True, default=bytes.hex).encode())
            tokens += _tokens(block)
    return tokens, prefixes


def _blocks(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (("tools", tool) for tool in request.get("toolConfig", {}).get("tools", ()))
    yield from (("system", block) for block in request.get("system", ()))
    for message in request.get("messages") or ():
        yield from ((message["role"], block) for block in message["content"])


def _tokens(value: Any) -> int:
    match value:
        case str():
            return count(value)
        case {"image": _}:
            return _IMAGE_TOKENS
        case bytes():
            return len(value) // _DOCUMENT_BYTES_PER_TOKEN
        case Mapping():
            return sum((key != "text" and count(str(key))) + _tokens(member) for key, member in value.items())
        case Iterable():
            return sum(_tokens(item) for item in value)
        case _:
            return 1
