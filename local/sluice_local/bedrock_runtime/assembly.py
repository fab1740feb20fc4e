"""From the events of a stream to the one message that Converse returns for the same reply."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sluice_local.bedrock_runtime.scenarios.scenario import Event


def assemble(events: Iterable[Event]) -> dict[str, Any]:
    """Return a Converse answer: output, stop reason, usage, metrics and what else the metadata event brought."""
    blocks: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for event in events:
        index = event.payload.get("contentBlockIndex", 0)
        match event.type:
            case "contentBlockStart":
                blocks[index] = _opened(event.payload["start"])
            case "contentBlockDelta":
                _extend(blocks.setdefault(index, {}), event.payload["delta"])
            case "messageStop" | "metadata":
                answer |= event.payload
            case _:
                pass  # messageStart says nothing that an answer does not; what nobody knows has no place in one
    content = [_closed(block) for _, block in sorted(blocks.items()) if block]
    return {"output": {"message": {"role": "assistant", "content": content}}, **answer}


def _opened(start: Mapping[str, Any]) -> dict[str, Any]:
    if "toolUse" in start:
        return {"toolUse": {**start["toolUse"], "input": ""}}
    return {kind: dict(members) for kind, members in start.items()}


def _extend(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    match delta:
        case {"text": str(text)}:
            block["text"] = block.get("text", "") + text
        case {"toolUse": {"input": fragment}}:
            block["toolUse"]["input"] += fragment
        case {"reasoningContent": {"redactedContent": data}}:
            block["reasoningContent"] = {"redactedContent": data}
        case {"reasoningContent": part}:
            reasoning = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
            reasoning["text"] += part.get("text", "")
            if "signature" in part:
                reasoning["signature"] = part["signature"]
        case {"citation": citation}:
            block.setdefault("citations", []).append(citation)
        case {"image": image}:
            block["image"] |= image
        case _:
            pass  # a delta that no SDK knows has no place in a message either


def _closed(block: dict[str, Any]) -> dict[str, Any]:
    match block:
        case {"toolUse": tool_use}:
            return {"toolUse": {**tool_use, "input": _tool_input(tool_use["input"])}}
        case {"citations": citations}:
            content = [{"text": block.get("text", "")}]
            return {"citationsContent": {"content": content, "citations": citations}}
        case _:
            return block


def _tool_input(encoded: str) -> Any:
    """Read a tool's input; what max_tokens cut in two is no JSON, and Bedrock gives the tool no arguments then."""
    try:
        return json.loads(encoded) if encoded else {}
    except ValueError:
        return {}
