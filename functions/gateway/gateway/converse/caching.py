"""Prompt caching: the cachePoints a client asked for, at most four, or those that pay by themselves."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from sluice.traits import ModelTraits

from gateway.converse.content import Block

type Json = dict[str, Any]

_MOST = 4
# JSON has some four bytes a token in English prose; more in code and other scripts, where this errs towards caching.
_BYTES_PER_TOKEN = 4


class Caching(NamedTuple):
    """What a client wants beside its own marks: `automatic` points where they pay; `ttl` 5m, 1h or empty."""

    automatic: bool = True
    ttl: str = ""


def cache_point(ttl: str = "") -> Block:
    """Return a cachePoint block; a TTL that the model does not take is left out later."""
    return {"cachePoint": {"type": "default", **({"ttl": ttl} if ttl else {})}}


def place_cache_points(body: Json, caching: Caching, traits: ModelTraits) -> None:
    """Put the body's cachePoints in order: those the client set, or else automatic ones where the model's row allows.

    Automatic ones stand after the tools and the system prompt, and from the second turn on after the last message; each
    only where the prompt up to it is as long as the model caches at least.
    """
    lists = list(_block_lists(body))
    if not traits.cache_points:
        for blocks in lists:
            blocks[:] = [block for block in blocks if "cachePoint" not in block]
        return
    if any("cachePoint" in block for blocks in lists for block in blocks):
        _limit(lists, traits)
    elif caching.automatic and traits.cache_minimum is not None:
        _place(body, cache_point(caching.ttl if caching.ttl in traits.cache_ttls else ""), traits)


def _block_lists(body: Json) -> Iterator[list[Block]]:
    """Yield the lists that may hold cachePoints, in the order of the prompt."""
    yield body.get("toolConfig", {}).get("tools", [])
    yield body.get("system", [])
    for message in body["messages"]:
        yield message["content"]


def _limit(lists: list[list[Block]], traits: ModelTraits) -> None:
    """Drop TTLs the model does not take, and surplus points: those of earlier messages, which later ones cover."""
    surplus = sum("cachePoint" in block for blocks in lists for block in blocks) - _MOST
    for blocks in (*lists[2:], *lists[:2]):
        kept = []
        for block in blocks:
            point = block.get("cachePoint")
            if point is not None and surplus > 0:
                surplus -= 1
                continue
            if point is not None and point.get("ttl", "5m") not in traits.cache_ttls:
                block = cache_point()  # noqa: PLW2901 - the same place, without the TTL
            kept.append(block)
        blocks[:] = kept


def _place(body: Json, point: Block, traits: ModelTraits) -> None:
    least = (traits.cache_minimum or 0) * _BYTES_PER_TOKEN
    tools, system, messages = body.get("toolConfig", {}).get("tools", []), body.get("system", []), body["messages"]
    before = _size(tools) + _size(system)
    if before >= least:
        if system:
            system.append(point)
        elif tools and traits.cache_tools:
            tools.append(point)
    if len(messages) > 1 and before + sum(_size(message["content"]) for message in messages) >= least:
        last = next((message for message in reversed(messages) if message["role"] == "user"), messages[-1])
        last["content"].append(point)


def _size(blocks: list[Block]) -> int:
    return len(orjson.dumps(blocks)) if blocks else 0
