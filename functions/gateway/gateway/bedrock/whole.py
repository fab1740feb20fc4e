"""Converse's whole replies as the events of a stream, so that a dialect says everything in one way only."""

from typing import Any

import orjson

from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    MessageStart,
    MessageStop,
    TextDelta,
    tier_of,
    usage_of,
)

type Json = dict[str, Any]


def events_of(reply: Json) -> list[Event]:
    """Return the events of a Converse response body; KeyError, TypeError or AttributeError: it is none."""
    events: list[Event] = [MessageStart()]
    for index, block in enumerate(reply["output"]["message"]["content"]):
        for kind, value in block.items():
            events += _block(index, kind, value)
    extra = reply.get("additionalModelResponseFields")
    usage = usage_of(reply["usage"], extra, tier_of(reply)) if reply.get("usage") else None
    told = {name: value for name, value in reply.items() if name != "output"}
    return [*events, MessageStop(str(reply.get("stopReason", "")), usage, extra, told)]


def _block(index: int, kind: str, value: Any) -> list[Event]:
    match kind:
        case "text":
            return [BlockStart(index, "text", {}), TextDelta(index, value), BlockStop(index, "text")]
        case "citationsContent":
            return [BlockStart(index, "text", {}), *_cited(index, value), BlockStop(index, "text")]
        case "toolUse":
            start = {name: member for name, member in value.items() if name != "input"}
            piece = {"input": orjson.dumps(value["input"]).decode()}
            return [BlockStart(index, kind, start), BlockDelta(index, kind, piece), BlockStop(index, kind)]
        case "reasoningContent":
            deltas = [BlockDelta(index, kind, delta) for delta in _reasoning_deltas(value)]
            return [BlockStart(index, kind, {}), *deltas, BlockStop(index, kind)]
        case _:
            return [BlockStart(index, kind, {}), BlockDelta(index, kind, value), BlockStop(index, kind)]


def _cited(index: int, value: Json) -> list[Event]:
    text = "".join(part.get("text", "") for part in value.get("content") or ())
    return [TextDelta(index, text), *(BlockDelta(index, "citation", cited) for cited in value.get("citations") or ())]


def _reasoning_deltas(value: Json) -> list[Json]:
    return [value] if "redactedContent" in value else [dict([member]) for member in value["reasoningText"].items()]
