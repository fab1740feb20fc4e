"""`system` and `messages` of a Messages request → a conversation of Converse content blocks."""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any

from gateway.converse.content import Block, media_block, text_block
from gateway.converse.conversation import Conversation, tool_result, tool_use
from gateway.converse.documents import DocumentNames
from gateway.converse.fields import below, filled, items, optional, required, shown
from gateway.converse.files import FetchFile, block_at
from gateway.converse.media import MediaKind
from gateway.dialects.anthropic_fields import cache_marks, thinking_block
from gateway.dialects.anthropic_messages.citations import converse_citation
from gateway.errors import InvalidRequest

type Json = dict[str, Any]

_USER = ("text", "image", "document", "search_result", "tool_result")
_ASSISTANT = ("text", "thinking", "redacted_thinking", "tool_use")
_IN_RESULTS = ("text", "image", "document", "search_result", "tool_reference")
_TOOL_CHANGES = ("tool_addition", "tool_removal")


class MessageReader:
    """Reads the prompt of one request into `conversation`.

    tool_changes: the blocks that add tools or take them away, with their paths. effort: what a system message says of
    the turn that is to be answered.
    """

    def __init__(self, fetch: FetchFile) -> None:
        self.conversation = Conversation(keeps_order=True)
        self.tool_changes: list[tuple[Json, str]] = []
        self.effort = ""
        self._fetch = fetch
        self._names = DocumentNames()
        self._blocks: dict[str, Callable[[Json, str], Block]] = {
            "text": _text,
            "image": self._image,
            "document": self._document,
            "search_result": _search_result,
            "thinking": thinking_block,
            "redacted_thinking": _redacted_thinking,
            "tool_use": _tool_use,
            "tool_result": self._tool_result,
            "tool_reference": _tool_reference,
        }

    def read_system(self, system: object) -> None:
        """Read the system prompt, a string or text blocks.

        Raises:
            InvalidRequest: it is neither.
        """
        if system is not None:
            self.conversation.add_system(self._content(system, "system", ("text",)), "system")

    def read(self, messages: object) -> None:
        """Read all messages.

        Raises:
            InvalidRequest: one of them is malformed, or holds what cannot be carried; it names the path.
        """
        if not isinstance(messages, list) or not messages:
            raise InvalidRequest("`messages` must be a list of at least one message.", "messages")
        placed = list(items(messages, "messages"))
        last_user = max((at for at, (message, _) in enumerate(placed) if message.get("role") == "user"), default=-1)
        for at, (message, path) in enumerate(placed):
            self._message(message, path, is_past=at < last_user)

    def _message(self, message: Json, path: str, *, is_past: bool) -> None:
        content, where = message.get("content"), below(path, "content")
        match message.get("role"):
            case "user":
                self.conversation.add("user", self._content(content, where, _USER), path)
            case "assistant":
                self.effort = ""
                self.conversation.add("assistant", self._content(content, where, _ASSISTANT), path)
            case "system":
                self._system(message, path, is_past=is_past)
            case role:
                where = below(path, "role")
                raise InvalidRequest(f"`{where}` is {shown(role)}; it may be user, assistant or system.", where)

    def _system(self, message: Json, path: str, *, is_past: bool) -> None:
        """Read a system message amid the others; `is_past`: the user has spoken since."""
        config, where = optional(message, "output_config", dict, path) or {}, below(path, "content")
        self.effort = optional(config, "effort", str, below(path, "output_config")) or self.effort
        if message.get("content") is None and config:
            return
        blocks = list(self._content(message.get("content"), where, ("text", *_TOOL_CHANGES)))
        if not (is_past and message.get("clear_at") == "next_user_message"):
            self.conversation.add_system(blocks, path)

    def _content(self, content: object, path: str, allowed: tuple[str, ...]) -> Iterator[Block]:
        """Yield the blocks of a string or of a list of blocks, each with the cachePoint that it asks for."""
        if isinstance(content, str):
            yield text_block(content)
            return
        if not isinstance(content, list):
            raise InvalidRequest(f"`{path}` must be a string or a list of content blocks.", path)
        for block, at in items(content, path):
            if block.get("type") in _TOOL_CHANGES and block["type"] in allowed:
                self.tool_changes.append((block, at))
                continue
            yield self._block(block, at, allowed)
            yield from _marks(block, at)

    def _block(self, block: Json, path: str, allowed: tuple[str, ...]) -> Block:
        kind = block.get("type")
        if kind not in allowed:
            where = below(path, "type")
            raise InvalidRequest(
                f"`{where}` is {shown(kind)}, which Sluice does not carry here; it may be {', '.join(allowed)}.", where
            )
        return self._blocks[kind](block, path)

    def _image(self, block: Json, path: str) -> Block:
        source, where = required(block, "source", dict, path), below(path, "source")
        match source.get("type"):
            case "base64":
                said = optional(source, "media_type", str, where) or ""
                data, where = filled(source, "data", where), below(where, "data")
                return media_block(data, said, where, self._names, allowed=("image",))
            case "url":
                return self._at(source, where, ("image",))
            case kind:
                raise _unknown_source(kind, where, "base64 or url")

    def _document(self, block: Json, path: str) -> Block:
        source, where = required(block, "source", dict, path), below(path, "source")
        title = optional(block, "title", str, path) or ""
        match source.get("type"):
            case "base64":
                said = optional(source, "media_type", str, where) or ""
                read = media_block(
                    filled(source, "data", where),
                    said,
                    below(where, "data"),
                    self._names,
                    name=_file_name(title),
                    allowed=("document",),
                )
            case "text":
                read = self._written({"text": filled(source, "data", where)}, title, "txt")
            case "content":
                read = self._written({"content": _chunks(source.get("content"), below(where, "content"))}, title)
            case "url":
                read = self._at(source, where, ("document",), title)
            case kind:
                raise _unknown_source(kind, where, "base64, text, content or url")
        return _with_notes(read, block, path)

    def _written(self, source: Json, title: str, word: str = "") -> Block:
        form = {"format": word} if word else {}
        return {"document": {**form, "name": self._names.name(_file_name(title)), "source": source}}

    def _at(self, source: Json, path: str, allowed: tuple[MediaKind, ...], title: str = "") -> Block:
        url, where = filled(source, "url", path), below(path, "url")
        return block_at(url, "", where, self._names, self._fetch, name=_file_name(title), allowed=allowed)

    def _tool_result(self, block: Json, path: str) -> Block:
        tool_use_id = filled(block, "tool_use_id", path)
        failed = optional(block, "is_error", bool, path)
        content = block.get("content")
        parts = [] if content is None else [*self._content(content, below(path, "content"), _IN_RESULTS)]
        return tool_result(tool_use_id, [part for part in parts if "cachePoint" not in part], failed=failed)


def _marks(block: Json, path: str) -> list[Block]:
    """Return the cachePoint after a block; one inside a tool's result covers it whole, for Converse has none inside."""
    inside = block.get("content") if block.get("type") == "tool_result" else None
    parts = items(inside, below(path, "content")) if isinstance(inside, list) else ()
    return [*(mark for part, at in parts for mark in cache_marks(part, at)), *cache_marks(block, path)][-1:]


def _text(block: Json, path: str) -> Block:
    text = required(block, "text", str, path)
    cited = [converse_citation(citation) for citation, _ in items(block.get("citations"), below(path, "citations"))]
    citations = [citation for citation in cited if citation]
    if not citations or not text.strip():
        return text_block(text)
    return {"citationsContent": {"content": [{"text": text}], "citations": citations}}


def _search_result(block: Json, path: str) -> Block:
    where = below(path, "content")
    content = [{"text": filled(part, "text", at)} for part, at in items(block.get("content"), where)]
    if not content:
        raise InvalidRequest(f"`{where}` must be a list of at least one text block.", where)
    result = {"source": filled(block, "source", path), "title": filled(block, "title", path), "content": content}
    return {"searchResult": {**result, **_citing(block, path)}}


def _redacted_thinking(block: Json, path: str) -> Block:
    read = thinking_block(block, path)
    try:
        base64.b64decode(read["reasoningContent"]["redactedContent"], validate=True)
    except (ValueError, binascii.Error) as error:
        where = below(path, "data")
        raise InvalidRequest(f"`{where}` is not what a model on Bedrock sent: it is no base64.", where) from error
    return read


def _tool_use(block: Json, path: str) -> Block:
    return tool_use(filled(block, "id", path), filled(block, "name", path), required(block, "input", dict, path))


def _tool_reference(block: Json, path: str) -> Block:
    """Tell in words what a search for tools found: every tool is offered from the start."""
    return text_block(f"The tool {filled(block, 'tool_name', path)} is available.")


def _chunks(content: object, path: str) -> list[Json]:
    """Return the citable parts of a document; Converse takes only text there."""
    if isinstance(content, str) and content.strip():
        return [{"text": content}]
    chunks = []
    for part, at in items(content if isinstance(content, list) else [], path):
        if part.get("type") != "text":
            where = below(at, "type")
            raise InvalidRequest(f"`{where}` is {shown(part.get('type'))}; here Bedrock takes text.", where)
        chunks.append({"text": filled(part, "text", at)})
    if not chunks:
        raise InvalidRequest(f"`{path}` must be a string or a list of at least one text block.", path)
    return chunks


def _with_notes(read: Block, block: Json, path: str) -> Block:
    """Add what else a document says: its context, and whether it may be cited."""
    context = optional(block, "context", str, path)
    if context and context.strip():
        read["document"]["context"] = context
    read["document"].update(_citing(block, path))
    return read


def _citing(block: Json, path: str) -> Json:
    citations = optional(block, "citations", dict, path) or {}
    enabled = optional(citations, "enabled", bool, below(path, "citations"))
    return {"citations": {"enabled": True}} if enabled else {}


def _file_name(title: str) -> str:
    """Return a title as the name of a file, whose extension is no part of the document's name."""
    return f"{title}." if title else ""


def _unknown_source(kind: object, path: str, known: str) -> InvalidRequest:
    where = below(path, "type")
    advice = " Sluice keeps no files; send the data." if kind == "file" else ""
    return InvalidRequest(f"`{where}` is {shown(kind)}; it may be {known}.{advice}", where)
