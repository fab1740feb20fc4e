"""Converse's whole replies as the events of a stream, so that a dialect says everything in one way only."""

from collections.abc import Iterator
from typing import Any

import orjson

from gateway.bedrock.eventstream import encode_frames
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


def _text(cited: Json) -> str:
    return "".join(part.get("text", "") for part in cited.get("content") or ())


def _cited(index: int, value: Json) -> list[Event]:
    return [
        TextDelta(index, _text(value)),
        *(BlockDelta(index, "citation", cited) for cited in value.get("citations") or ()),
    ]


def _reasoning_deltas(value: Json) -> list[Json]:
    return [value] if "redactedContent" in value else [dict([member]) for member in value["reasoningText"].items()]


def frames_of(reply: Json) -> bytes:
    """Return the frames in which ConverseStream would have sent this reply; errors as those of `events_of`."""
    return encode_frames(
        ({":message-type": "event", ":event-type": name}, orjson.dumps(payload)) for name, payload in _payloads(reply)
    )


def _payloads(reply: Json) -> Iterator[tuple[str, Json]]:
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(reply["output"]["message"]["content"]):
        for name, member in _told(block):
            yield name, {"contentBlockIndex": index, **member}
        yield "contentBlockStop", {"contentBlockIndex": index}
    names = ("stopReason", "additionalModelResponseFields")
    yield "messageStop", {name: reply[name] for name in names if name in reply}
    yield "metadata", {name: value for name, value in reply.items() if name not in ("output", *names)}


def _told(block: Json) -> Iterator[tuple[str, Json]]:
    """Yield the start and the deltas of a block."""
    for kind, value in block.items():
        match kind:
            case "toolUse":
                start = {name: member for name, member in value.items() if name != "input"}
                yield "contentBlockStart", {"start": {kind: start}}
                yield "contentBlockDelta", {"delta": {kind: {"input": orjson.dumps(value["input"]).decode()}}}
            case "reasoningContent":
                for delta in _reasoning_deltas(value):
                    yield "contentBlockDelta", {"delta": {kind: delta}}
            case "citationsContent":
                yield "contentBlockDelta", {"delta": {"text": _text(value)}}
                for cited in value.get("citations") or ():
                    yield "contentBlockDelta", {"delta": {"citation": cited}}
            case _:
                yield "contentBlockDelta", {"delta": {kind: value}}
