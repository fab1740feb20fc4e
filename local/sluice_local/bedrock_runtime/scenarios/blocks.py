"""The events of a reply's parts, as loose as Bedrock's: text and reasoning have no start, usage follows the stop."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.scenarios.scenario import Event


def message_start() -> Event:
    """Return the event that opens every reply."""
    return Event("messageStart", {"role": "assistant"})


def text(index: int, pieces: Iterable[str]) -> Iterator[Event]:
    """Yield a text block, one delta a piece."""
    for piece in pieces:
        yield delta(index, {"text": piece})
    yield block_stop(index)


def reasoning(index: int, pieces: Iterable[str], signature: str | None) -> Iterator[Event]:
    """Yield a reasoning block: its text, then the signature as a delta of its own where the model signs."""
    for piece in pieces:
        yield delta(index, {"reasoningContent": {"text": piece}})
    if signature is not None:
        yield delta(index, {"reasoningContent": {"signature": signature}})
    yield block_stop(index)


def redacted_reasoning(index: int, data: bytes) -> Iterator[Event]:
    """Yield reasoning that the provider encrypted."""
    yield delta(index, {"reasoningContent": {"redactedContent": base64.b64encode(data).decode()}})
    yield block_stop(index)


def tool_use(index: int, tool_use_id: str, name: str, fragments: Iterable[str]) -> Iterator[Event]:
    """Yield a tool use, one delta a fragment of its JSON input; a tool without arguments has no delta at all."""
    yield tool_use_start(index, tool_use_id, name)
    for fragment in fragments:
        yield delta(index, {"toolUse": {"input": fragment}})
    yield block_stop(index)


def tool_use_start(index: int, tool_use_id: str, name: str) -> Event:
    """Return the start of a tool use, one of the few blocks that have one."""
    return Event("contentBlockStart", {"contentBlockIndex": index, "start": _tool_use(tool_use_id, name)})


def cited_text(index: int, pieces: Iterable[str], citations: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    """Yield text with citations, each a delta of the same block after the text it supports."""
    for piece in pieces:
        yield delta(index, {"text": piece})
    for citation in citations:
        yield delta(index, {"citation": citation})
    yield block_stop(index)


def image(index: int, image_format: str, data: bytes) -> Iterator[Event]:
    """Yield an image block, whole in one delta."""
    yield Event("contentBlockStart", {"contentBlockIndex": index, "start": {"image": {"format": image_format}}})
    yield delta(index, {"image": {"source": {"bytes": base64.b64encode(data).decode()}}})
    yield block_stop(index)


def delta(index: int, content: Mapping[str, Any]) -> Event:
    """Return one delta of a block."""
    return Event("contentBlockDelta", {"contentBlockIndex": index, "delta": content})


def block_stop(index: int) -> Event:
    """Return the end of a block."""
    return Event("contentBlockStop", {"contentBlockIndex": index})


def message_stop(stop_reason: str, fields: Mapping[str, Any] | None = None) -> Event:
    """Return the stop; `fields` are the additionalModelResponseFields that were asked for."""
    asked = {"additionalModelResponseFields": fields} if fields else {}
    return Event("messageStop", {"stopReason": stop_reason, **asked})


def usage(input_tokens: int, output_tokens: int, cache_read: int = 0, cache_write: int = 0) -> dict[str, Any]:
    """Return a usage; Bedrock's total counts the cached tokens too."""
    return {
        "inputTokens": input_tokens,
        "outputTokens": output_tokens,
        "totalTokens": input_tokens + output_tokens + cache_read + cache_write,
        "cacheReadInputTokens": cache_read,
        "cacheWriteInputTokens": cache_write,
    }


def metadata(counted: Mapping[str, Any], latency_ms: int = 0, **members: Any) -> Event:
    """Return the last event; `members` may be `trace`, `performanceConfig`, `serviceTier`."""
    return Event("metadata", {"metrics": {"latencyMs": latency_ms}, "usage": counted, **members})


def json_fragments(value: Mapping[str, Any], size: int = 12) -> list[str]:
    """Return a tool's input as Bedrock streams it: JSON cut anywhere, and nothing for no arguments."""
    if not value:
        return []
    encoded = json.dumps(value, ensure_ascii=False)
    return [encoded[at : at + size] for at in range(0, len(encoded), size)]


def _tool_use(tool_use_id: str, name: str) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": tool_use_id, "name": name}}
