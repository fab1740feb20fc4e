"""Anthropic's words that other dialects' clients use too: cache marks, thinking, thinking blocks.

https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterator
from typing import Any

from gateway.converse.caching import cache_point
from gateway.converse.content import Block
from gateway.converse.fields import below, count, filled, optional, required, shown
from gateway.converse.reasoning import Reasoning
from gateway.errors import InvalidRequest

type Json = dict[str, Any]


def cache_marks(holder: Json, path: str) -> Iterator[Block]:
    """Yield a cachePoint where a part, a block, a message or a tool has `cache_control`.

    Raises:
        InvalidRequest: it is malformed.
    """
    control = optional(holder, "cache_control", dict, path)
    if control is not None:
        yield cache_point(optional(control, "ttl", str, below(path, "cache_control")) or "")


def thinking(given: Json, effort: str) -> Reasoning:
    """Read a `thinking` object; `effort` is what the request says of it elsewhere.

    Raises:
        InvalidRequest: it is of no known type.
    """
    display = optional(given, "display", str, "thinking") or ""
    binding = optional(given, "block_binding", dict, "thinking")
    match given.get("type"):
        case "enabled":
            return Reasoning(effort, count(given, "budget_tokens", "thinking"), "enabled", display, binding)
        case "adaptive":
            return Reasoning(effort, mode="adaptive", display=display, binding=binding)
        case "disabled" | "between_tools" as mode:
            return Reasoning(effort, mode=mode)
        case kind:
            path, known = "thinking.type", "enabled, adaptive, disabled or between_tools"
            raise InvalidRequest(f"`{path}` is {shown(kind)}; it may be {known}.", path)


def thinking_block(block: Json, path: str) -> Block:
    """Read a `thinking` or `redacted_thinking` block of an earlier turn, unaltered.

    Raises:
        InvalidRequest: it is neither, or malformed.
    """
    match block.get("type"):
        case "thinking":
            text: Json = {"text": required(block, "thinking", str, path)}
            if signature := optional(block, "signature", str, path):
                text["signature"] = signature
            return {"reasoningContent": {"reasoningText": text}}
        case "redacted_thinking":
            return {"reasoningContent": {"redactedContent": filled(block, "data", path)}}
        case kind:
            where = below(path, "type")
            raise InvalidRequest(f"`{where}` is {shown(kind)}; it may be thinking or redacted_thinking.", where)
