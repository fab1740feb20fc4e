"""Replies in Anthropic's Messages format, translated from the events of a Converse stream.

https://docs.claude.com/en/docs/build-with-claude/streaming, plus what Bedrock adds to `message_stop`.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.frames import encode_json
from sluice_local.bedrock_runtime.scenarios.scenario import Event, Step

JsonObject = dict[str, Any]


def message_of(events: Sequence[Event], model_id: str) -> JsonObject:
    """Return the whole message that InvokeModel answers."""
    answer = assemble(events)
    content = [_content(block) for block in answer["output"]["message"]["content"]]
    counted = _usage(answer.get("usage", {}))
    return {
        **_head(model_id, encode_json(content)),
        "content": content,
        "stop_reason": answer.get("stopReason"),
        "stop_sequence": _stop_sequence(answer),
        "usage": {**counted, "output_tokens": answer.get("usage", {}).get("outputTokens", 0)},
    }


def message_steps(steps: Sequence[Step], model_id: str) -> Iterator[Step]:
    """Yield the steps of the same reply with every event as a `chunk`; faults and pauses stay where they are."""
    events = [step for step in steps if isinstance(step, Event)]
    metadata = next((event.payload for event in events if event.type == "metadata"), {})
    translation = _Translation(model_id, metadata)
    for step in steps:
        if isinstance(step, Event):
            yield from (chunk_event(document, step) for document in translation.documents(step))
        else:
            yield step


def chunk_event(document: JsonObject, origin: Event) -> Event:
    """Return a document of a model's own stream as Bedrock wraps it; a corruption is carried over."""
    return Event("chunk", {"bytes": base64.b64encode(encode_json(document)).decode()}, origin.corrupt)


class _Translation:
    """One stream on its way: Anthropic opens every block, Converse only tool uses and images."""

    def __init__(self, model_id: str, metadata: Mapping[str, Any]) -> None:
        self._model_id = model_id
        self._metadata = metadata
        self._open: set[int] = set()
        self._stop: Mapping[str, Any] = {}

    def documents(self, event: Event) -> Iterator[JsonObject]:
        payload = event.payload
        index = payload.get("contentBlockIndex", 0)
        match event.type:
            case "messageStart":
                yield {"type": "message_start", "message": self._message()}
            case "contentBlockStart":
                yield from self._started(index, _opened(payload["start"]))
            case "contentBlockDelta":
                yield from self._delta(index, payload["delta"])
            case "contentBlockStop":
                self._open.discard(index)
                yield {"type": "content_block_stop", "index": index}
            case "messageStop":
                yield self._message_delta(payload)
            case "metadata":
                yield {"type": "message_stop", "amazon-bedrock-invocationMetrics": _metrics(payload)}
            case _:
                yield {"type": event.type, **payload}

    def _message(self) -> JsonObject:
        usage = {**_usage(self._metadata.get("usage", {})), "output_tokens": 1}
        opened: JsonObject = {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
        return {**_head(self._model_id, encode_json(self._metadata)), **opened}

    def _started(self, index: int, block: JsonObject) -> Iterator[JsonObject]:
        if index not in self._open:
            self._open.add(index)
            yield {"type": "content_block_start", "index": index, "content_block": block}

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[JsonObject]:
        block, translated = _translated(delta)
        yield from self._started(index, block)
        if translated is not None:
            yield {"type": "content_block_delta", "index": index, "delta": translated}

    def _message_delta(self, payload: Mapping[str, Any]) -> JsonObject:
        stop = {"stop_reason": payload["stopReason"], "stop_sequence": _stop_sequence(payload)}
        output_tokens = self._metadata.get("usage", {}).get("outputTokens", 0)
        return {"type": "message_delta", "delta": stop, "usage": {"output_tokens": output_tokens}}


def _head(model_id: str, seed: bytes) -> JsonObject:
    digest = hashlib.sha256(model_id.encode() + seed).hexdigest()[:24]
    return {"model": model_id, "id": f"msg_bdrk_{digest}", "type": "message", "role": "assistant"}


def _translated(delta: Mapping[str, Any]) -> tuple[JsonObject, JsonObject | None]:
    """Return the block that a delta opens where none is open, and the delta in Anthropic's words."""
    match delta:
        case {"text": text}:
            return {"type": "text", "text": ""}, {"type": "text_delta", "text": text}
        case {"toolUse": {"input": fragment}}:
            return {"type": "tool_use"}, {"type": "input_json_delta", "partial_json": fragment}
        case {"reasoningContent": {"redactedContent": data}}:
            return {"type": "redacted_thinking", "data": data}, None
        case {"reasoningContent": {"signature": signature}}:
            return _empty_thinking(), {"type": "signature_delta", "signature": signature}
        case {"reasoningContent": {"text": text}}:
            return _empty_thinking(), {"type": "thinking_delta", "thinking": text}
        case {"citation": citation}:
            return {"type": "text", "text": ""}, {"type": "citations_delta", "citation": citation}
        case _:
            return {"type": "unknown"}, {"type": "unknown_delta", **delta}


def _empty_thinking() -> JsonObject:
    return {"type": "thinking", "thinking": "", "signature": ""}


def _opened(start: Mapping[str, Any]) -> JsonObject:
    match start:
        case {"toolUse": {"toolUseId": tool_use_id, "name": name}}:
            return {"type": "tool_use", "id": tool_use_id, "name": name, "input": {}}
        case _:
            return {"type": next(iter(start))}


def _content(block: Mapping[str, Any]) -> JsonObject:
    match block:
        case {"text": text}:
            return {"type": "text", "text": text}
        case {"toolUse": {"toolUseId": tool_use_id, "name": name, "input": arguments}}:
            return {"type": "tool_use", "id": tool_use_id, "name": name, "input": arguments}
        case {"reasoningContent": {"redactedContent": data}}:
            return {"type": "redacted_thinking", "data": data}
        case {"reasoningContent": {"reasoningText": reasoning}}:
            return {"type": "thinking", "thinking": reasoning["text"], "signature": reasoning.get("signature", "")}
        case {"citationsContent": {"content": content, "citations": citations}}:
            return {"type": "text", "text": content[0]["text"], "citations": citations}
        case _:
            return {"type": next(iter(block)), **block}


def _usage(counted: Mapping[str, Any]) -> JsonObject:
    return {
        "input_tokens": counted.get("inputTokens", 0),
        "cache_creation_input_tokens": counted.get("cacheWriteInputTokens", 0),
        "cache_read_input_tokens": counted.get("cacheReadInputTokens", 0),
    }


def _metrics(metadata: Mapping[str, Any]) -> JsonObject:
    counted = metadata.get("usage", {})
    latency = metadata.get("metrics", {}).get("latencyMs", 0)
    return {
        "inputTokenCount": counted.get("inputTokens", 0),
        "outputTokenCount": counted.get("outputTokens", 0),
        "invocationLatency": latency,
        "firstByteLatency": latency // 4,
        "cacheReadInputTokenCount": counted.get("cacheReadInputTokens", 0),
        "cacheWriteInputTokenCount": counted.get("cacheWriteInputTokens", 0),
    }


def _stop_sequence(answer: Mapping[str, Any]) -> Any:
    return answer.get("additionalModelResponseFields", {}).get("stop_sequence")
