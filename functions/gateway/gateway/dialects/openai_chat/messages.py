"""`messages` of a Chat Completions request → a conversation of Converse content blocks."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from gateway.converse import capsule, fields
from gateway.converse.caching import cache_point
from gateway.converse.content import Block, is_remote, media_block, read_data_url, s3_block, text_block
from gateway.converse.conversation import Conversation, tool_result, tool_use
from gateway.converse.documents import DocumentNames
from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.media import MediaKind
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

# Gets a file by its URL: media type and base64 text. The second argument is the path of the URL's field.
type FetchFile = Callable[[str, str], tuple[str, str]]


class MessageReader:
    """Reads the messages of one request into `conversation`."""

    def __init__(self, fetch: FetchFile) -> None:
        self.conversation = Conversation()
        self.has_thinking_blocks = False
        self._fetch = fetch
        self._names = DocumentNames()
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
            "input_audio": self._input_audio,
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
        self.conversation.add_system([*self._content(message, path, ("text",)), *_marks(message, path)], path)

    def _user(self, message: Json, path: str) -> None:
        blocks = self._content(message, path, tuple(self._parts))
        self.conversation.add("user", [*blocks, *_marks(message, path)], path)

    def _tool(self, message: Json, path: str) -> None:
        plain_id, _ = capsule.unpack(filled(message, "tool_call_id", path))
        blocks = [*self._content(message, path, tuple(self._parts)), *_marks(message, path)]
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
        self.conversation.add("assistant", [*blocks, *(call for call, _ in calls), *_marks(message, path)], path)

    def _reasoning(self, message: Json, path: str, carried: list[Block]) -> list[Block]:
        """Return earlier reasoning in the best form that the client sent it back in."""
        if message.get("thinking_blocks"):
            self.has_thinking_blocks = True
            where = below(path, "thinking_blocks")
            return [_thinking_block(block, at) for block, at in items(message["thinking_blocks"], where)]
        if carried:
            return carried
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
                yield from _marks(part, at)
        elif content is not None:
            raise InvalidRequest(f"`{where}` must be a string or a list of parts.", where)

    def _part(self, part: Json, path: str, allowed: tuple[str, ...]) -> Block:
        kind = part.get("type")
        if kind not in allowed:
            where = below(path, "type")
            raise InvalidRequest(f"`{where}` is {shown(kind)}; here it may be {', '.join(allowed)}.", where)
        return self._parts[kind](part, path)

    def _image_url(self, part: Json, path: str) -> Block:
        return self._from_url(part, "image_url", path, ("image",))

    def _video_url(self, part: Json, path: str) -> Block:
        return self._from_url(part, "video_url", path, ("video",))

    def _from_url(self, part: Json, name: str, path: str, allowed: tuple[MediaKind, ...]) -> Block:
        given, where = part.get(name), below(path, name)
        if isinstance(given, str):
            return self._file_at(given, "", where, allowed=allowed)
        given = required(part, name, dict, path)
        said = optional(given, "format", str, where) or ""
        return self._file_at(filled(given, "url", where), said, below(where, "url"), allowed=allowed)

    def _input_audio(self, part: Json, path: str) -> Block:
        audio, where = required(part, "input_audio", dict, path), below(path, "input_audio")
        said = filled(audio, "format", where)
        # `mp4` and `webm` are names of videos too.
        said = said if "/" in said else f"audio/{said}"
        return media_block(filled(audio, "data", where), said, below(where, "data"), self._names, allowed=("audio",))

    def _file(self, part: Json, path: str) -> Block:
        file, where = required(part, "file", dict, path), below(path, "file")
        name = optional(file, "filename", str, where) or ""
        said = optional(file, "format", str, where) or ""
        if file.get("file_data") is None:
            place = filled(file, "file_id", where)
            if not (place.startswith(("data:", "s3://")) or is_remote(place)):
                where = below(where, "file_id")
                raise InvalidRequest(
                    f"Sluice keeps no files, so `{where}` means nothing here; send `file_data`.", where
                )
            return self._file_at(place, said, below(where, "file_id"), name=name)
        data, where = filled(file, "file_data", where), below(where, "file_data")
        if data[:5].lower() == "data:":
            return self._file_at(data, said, where, name=name)
        return media_block(data, said, where, self._names, name=name)

    def _file_at(self, url: str, said: str, path: str, *, name: str = "", allowed: tuple[MediaKind, ...] = ()) -> Block:
        if url.startswith("s3://"):
            return s3_block(url, said, path, self._names)
        if is_remote(url):
            name = name or url.partition("?")[0].rpartition("/")[2]
            media_type, data = self._fetch(url, path)
        else:
            media_type, data = read_data_url(url, path)
        return media_block(data, said or media_type, path, self._names, name=name, allowed=allowed)


def _text(part: Json, path: str) -> Block:
    return text_block(required(part, "text", str, path))


def _refusal(part: Json, path: str) -> Block:
    return text_block(required(part, "refusal", str, path))


def _guarded_text(part: Json, path: str) -> Block:
    return {"guardContent": {"text": {"text": filled(part, "text", path)}}}


def _marks(holder: Json, path: str) -> Iterator[Block]:
    """Yield a cachePoint where a part, a message or a tool has Anthropic's `cache_control`."""
    control = optional(holder, "cache_control", dict, path)
    if control is not None:
        yield cache_point(optional(control, "ttl", str, below(path, "cache_control")) or "")


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
            arguments: object = {"input": optional(called, "input", str, where) or ""}
        else:
            arguments = _arguments(called.get("arguments"))
        yield tool_use(plain_id, name, arguments), reasoning


def _arguments(text: object) -> object:
    """Return the arguments a model once wrote: of several objects in a row the first, of what is no JSON nothing."""
    if not isinstance(text, str):
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _first_value(text)


def _first_value(text: str) -> object:
    # Rarely needed, and the json module takes its time to import.
    from json import JSONDecoder

    try:
        return JSONDecoder().raw_decode(text.strip())[0]
    except (ValueError, RecursionError):
        return {}


def _thinking_block(block: Json, path: str) -> Block:
    match block.get("type"):
        case "thinking":
            text: Json = {"text": required(block, "thinking", str, path)}
            if signature := optional(block, "signature", str, path):
                text["signature"] = signature
            return {"reasoningContent": {"reasoningText": text}}
        case "redacted_thinking":
            return {"reasoningContent": {"redactedContent": filled(block, "data", path)}}
        case kind:
            where = fields.below(path, "type")
            raise InvalidRequest(f"`{where}` is {shown(kind)}; it may be thinking or redacted_thinking.", where)
