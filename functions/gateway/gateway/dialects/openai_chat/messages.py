"""`messages` of a Chat Completions request → a conversation of Converse content blocks."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway.converse import capsule
from gateway.converse.content import Block, text_block
from gateway.converse.conversation import Conversation, tool_result, tool_use
from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.files import FetchFile
from gateway.dialects.anthropic_fields import cache_marks, thinking_block
from gateway.dialects.openai_custom_tools import INPUT
from gateway.dialects.openai_fields import arguments
from gateway.dialects.openai_files import FileReader
from gateway.errors import InvalidRequest

type Json = dict[str, Any]


class MessageReader:
    """Reads the messages of one request into `conversation`."""

    def __init__(self, fetch: FetchFile) -> None:
        self.conversation = Conversation()
        self.has_thinking_blocks = False
        self._files = FileReader(fetch)
        self._roles: dict[str, Callable[[Json, str], None]] = {
            "system": self._system,
            "developer": self._system,
            "user": self._user,
            "assistant": self._assistant,
            "tool": self._tool,
        }
        self._parts: dict[str, Callable[[Json, str], Block]] = {
            "text": _text,
            "refusal": _refusal,
            "guarded_text": _guarded_text,
            "image_url": self._image_url,
            "video_url": self._video_url,
            "input_audio": self._files.audio,
            "file": self._file,
        }

    def read(self, messages: object) -> None:
        """Read all messages.

        Raises:
            InvalidRequest: one of them is malformed or of a kind that nobody knows; it names the path.
        """
        if not isinstance(messages, list) or not messages:
            raise InvalidRequest("`messages` must be a list of at least one message.", "messages")
        for message, path in items(messages, "messages"):
            role = message.get("role")
            reader = self._roles.get(role) if isinstance(role, str) else None
            if reader is None:
                raise InvalidRequest(
                    f"`{path}.role` is {shown(role)}; it may be {', '.join(self._roles)}.", below(path, "role")
                )
            reader(message, path)

    def _system(self, message: Json, path: str) -> None:
        self.conversation.add_system([*self._content(message, path, ("text",)), *cache_marks(message, path)], path)

    def _user(self, message: Json, path: str) -> None:
        blocks = self._content(message, path, tuple(self._parts))
        self.conversation.add("user", [*blocks, *cache_marks(message, path)], path)

    def _tool(self, message: Json, path: str) -> None:
        plain_id, _ = capsule.unpack(filled(message, "tool_call_id", path))
        blocks = [*self._content(message, path, tuple(self._parts)), *cache_marks(message, path)]
        # A mark inside the result covers it whole: Converse has no place for one inside.
        marks = [block for block in blocks if "cachePoint" in block][-1:]
        result = tool_result(plain_id, (block for block in blocks if "cachePoint" not in block))
        self.conversation.add("user", [result, *marks], path)

    def _assistant(self, message: Json, path: str) -> None:
        if message.get("function_call"):
            where = below(path, "function_call")
            raise InvalidRequest(f"Sluice does not carry `{where}`; send `tool_calls`.", where)
        calls = list(_tool_calls(message, path))
        blocks = [*self._reasoning(message, path, [carried for _, reasoning in calls for carried in reasoning])]
        blocks += self._content(message, path, ("text", "refusal"))
        if refusal := optional(message, "refusal", str, path):
            blocks.append(text_block(refusal))
        self.conversation.add("assistant", [*blocks, *(call for call, _ in calls), *cache_marks(message, path)], path)

    def _reasoning(self, message: Json, path: str, carried: list[Block]) -> list[Block]:
        """Return earlier reasoning in the best form that the client sent it back in.

        `carried` is what the ids of its calls hold. Some clients keep only the last of several `thinking_blocks`.
        """
        where = below(path, "thinking_blocks")
        sent = [thinking_block(block, at) for block, at in items(message.get("thinking_blocks"), where)]
        self.has_thinking_blocks |= bool(sent) and all(block in sent for block in carried)
        if carried or sent:
            return [*carried, *sent]
        text = optional(message, "reasoning_content", str, path)
        return [{"reasoningContent": {"reasoningText": {"text": text}}}] if text and text.strip() else []

    def _content(self, message: Json, path: str, allowed: tuple[str, ...]) -> Iterator[Block]:
        """Yield a message's blocks: `content` is a string, a list of parts, or null."""
        content, where = message.get("content"), below(path, "content")
        if isinstance(content, str):
            yield text_block(content)
        elif isinstance(content, list):
            for part, at in items(content, where):
                yield self._part(part, at, allowed)
                yield from cache_marks(part, at)
        elif content is not None:
            raise InvalidRequest(f"`{where}` must be a string or a list of parts.", where)

    def _part(self, part: Json, path: str, allowed: tuple[str, ...]) -> Block:
        kind = part.get("type")
        if kind not in allowed:
            where = below(path, "type")
            raise InvalidRequest(f"`{where}` is {shown(kind)}; here it may be {', '.join(allowed)}.", where)
        return self._parts[kind](part, path)

    def _image_url(self, part: Json, path: str) -> Block:
        return self._files.by_url(part, "image_url", path, "image")

    def _video_url(self, part: Json, path: str) -> Block:
        return self._files.by_url(part, "video_url", path, "video")

    def _file(self, part: Json, path: str) -> Block:
        return self._files.file(required(part, "file", dict, path), below(path, "file"))


def _text(part: Json, path: str) -> Block:
    return text_block(required(part, "text", str, path))


def _refusal(part: Json, path: str) -> Block:
    return text_block(required(part, "refusal", str, path))


def _guarded_text(part: Json, path: str) -> Block:
    return {"guardContent": {"text": {"text": filled(part, "text", path)}}}


def _tool_calls(message: Json, path: str) -> Iterator[tuple[Block, list[Block]]]:
    """Yield each tool call's block, and the reasoning that its id carried."""
    for call, at in items(message.get("tool_calls"), below(path, "tool_calls")):
        kind = call.get("type", "function")
        if kind not in ("function", "custom"):
            raise InvalidRequest(f"`{at}.type` is {shown(kind)}; it may be function or custom.", below(at, "type"))
        plain_id, reasoning = capsule.unpack(filled(call, "id", at))
        called, where = required(call, kind, dict, at), below(at, kind)
        name = filled(called, "name", where)
        if kind == "custom":
            given: object = {INPUT: optional(called, "input", str, where) or ""}
        else:
            given = arguments(called.get("arguments"))
        yield tool_use(plain_id, name, given), reasoning
