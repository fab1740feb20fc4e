"""`input` of a Responses request → a conversation of Converse content blocks."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gateway.converse import capsule
from gateway.converse.caching import cache_point
from gateway.converse.content import Block, text_block
from gateway.converse.conversation import Conversation, tool_result, tool_use
from gateway.converse.fields import as_kind, below, filled, items, optional, required, shown
from gateway.converse.files import FetchFile
from gateway.dialects.anthropic_fields import cache_marks
from gateway.dialects.openai_custom_tools import INPUT
from gateway.dialects.openai_fields import arguments
from gateway.dialects.openai_files import FileReader
from gateway.dialects.openai_responses.tools import ToolSet, joined_name
from gateway.errors import InvalidRequest

type Json = dict[str, Any]
type Placed = tuple[Json, str]

_CALLS = frozenset({"function_call", "custom_tool_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
_NOT_STORED = (
    "Sluice stores no responses, so `{path}` can refer to nothing. Send the items themselves (clients that send "
    "references have a setting for it, mostly `store: false`); reasoning comes back in `encrypted_content`."
)
# OpenAI keeps a breakpoint at least as long; Bedrock five minutes or an hour.
TTL_BY_LIFETIME = {"30m": "1h", "12h": "1h"}


class ItemReader:
    """Reads the input of one request into `conversation`; tools that items bring with them go into `tools`.

    `lifetime` is the TTL of cache breakpoints that have none of their own, in OpenAI's words. has_sealed_reasoning: the
    client keeps reasoning items, and has sent some back.
    """

    def __init__(self, fetch: FetchFile, tools: ToolSet, *, lifetime: str = "") -> None:
        self.conversation = Conversation()
        self.has_sealed_reasoning = False
        self._tools = tools
        self._files = FileReader(fetch)
        self._lifetime = lifetime
        self._items: dict[str, Callable[[Json, str], None]] = {
            "message": self._message,
            "reasoning": self._reasoning,
            "function_call": self._function_call,
            "custom_tool_call": self._custom_tool_call,
            "function_call_output": self._output,
            "custom_tool_call_output": self._output,
            "additional_tools": self._additional_tools,
        }
        self._parts: dict[str, Callable[[Json, str], Block]] = {
            "input_text": _text,
            "output_text": _text,
            "refusal": _refusal,
            "guarded_text": _guarded_text,
            "input_image": self._image,
            "input_file": self._files.file,
            "input_audio": self._files.audio,
            "input_video": self._video,
        }

    def read(self, given: object) -> None:
        """Read all items; a string is a message of the user's.

        Raises:
            InvalidRequest: an item is malformed or of a kind that cannot be carried; it names the path.
        """
        if isinstance(given, str):
            self.conversation.add("user", [text_block(given)], "input")
            return
        if not isinstance(given, list) or not given:
            raise InvalidRequest("`input` must be a string, or a list of at least one item.", "input")
        placed = list(items(given, "input"))
        for item, path in placed:
            self._check(item, path)
        for item, path in in_order(placed):
            self._items[_kind(item)](item, path)

    def _check(self, item: Json, path: str) -> None:
        kind = _kind(item)
        if kind == "item_reference":
            raise InvalidRequest(_NOT_STORED.format(path=path), path)
        if kind not in self._items:
            where = below(path, "type")
            raise InvalidRequest(f"`{where}` is {shown(kind)}; it may be {', '.join(self._items)}.", where)

    def _message(self, item: Json, path: str) -> None:
        match item.get("role"):
            case "system" | "developer":
                blocks = self._content(item.get("content"), below(path, "content"), ("input_text", "output_text"))
                self.conversation.add_system([*blocks, *cache_marks(item, path)], path)
            case "user":
                blocks = self._content(item.get("content"), below(path, "content"), tuple(self._parts))
                self.conversation.add("user", [*blocks, *cache_marks(item, path)], path)
            case "assistant":
                texts = ("output_text", "input_text", "refusal")
                blocks = self._content(item.get("content"), below(path, "content"), texts)
                self.conversation.add("assistant", [*blocks, *cache_marks(item, path)], path)
            case role:
                where = below(path, "role")
                raise InvalidRequest(
                    f"`{where}` is {shown(role)}; it may be user, assistant, system or developer.", where
                )

    def _reasoning(self, item: Json, path: str) -> None:
        """Read earlier reasoning: what was sealed comes back as the model gave it, signature and all."""
        blocks = capsule.unseal(optional(item, "encrypted_content", str, path) or "")
        self.has_sealed_reasoning |= bool(blocks)
        if not blocks:
            text = _texts(item, "content", path) or _texts(item, "summary", path)
            blocks = [{"reasoningContent": {"reasoningText": {"text": text}}}] if text.strip() else []
        self.conversation.add("assistant", blocks, path)

    def _function_call(self, item: Json, path: str) -> None:
        self._call(item, path, arguments(optional(item, "arguments", str, path)))

    def _custom_tool_call(self, item: Json, path: str) -> None:
        self._call(item, path, {INPUT: required(item, "input", str, path)})

    def _call(self, item: Json, path: str, given: object) -> None:
        name = joined_name(filled(item, "name", path), optional(item, "namespace", str, path))
        plain_id, reasoning = capsule.unpack(filled(item, "call_id", path))
        self.conversation.add("assistant", [*reasoning, tool_use(plain_id, name, given)], path)

    def _output(self, item: Json, path: str) -> None:
        blocks = list(self._content(item.get("output"), below(path, "output"), tuple(self._parts)))
        # A mark inside the result covers it whole: Converse has no place for one inside.
        marks = [block for block in (*blocks, *cache_marks(item, path)) if "cachePoint" in block][-1:]
        inside = [block for block in blocks if "cachePoint" not in block]
        plain_id, _ = capsule.unpack(filled(item, "call_id", path))
        self.conversation.add("user", [tool_result(plain_id, inside), *marks], path)

    def _additional_tools(self, item: Json, path: str) -> None:
        self._tools.read(required(item, "tools", list, path), below(path, "tools"))

    def _content(self, content: object, path: str, allowed: Sequence[str]) -> Iterator[Block]:
        """Yield blocks of what is a string, a list of parts, or null."""
        if isinstance(content, str):
            yield text_block(content)
            return
        for part, at in items(content, path):
            kind = part.get("type")
            if not isinstance(kind, str) or kind not in allowed:
                where = below(at, "type")
                raise InvalidRequest(f"`{where}` is {shown(kind)}; here it may be {', '.join(allowed)}.", where)
            yield self._parts[kind](part, at)
            yield from self._marks(part, at)

    def _marks(self, part: Json, path: str) -> Iterator[Block]:
        """Yield a cachePoint for OpenAI's breakpoint, or for Anthropic's mark."""
        breakpoint_ = optional(part, "prompt_cache_breakpoint", dict, path)
        if breakpoint_ is None:
            yield from cache_marks(part, path)
            return
        where = below(path, "prompt_cache_breakpoint")
        lifetime = optional(breakpoint_, "ttl", str, where) or self._lifetime
        yield cache_point(TTL_BY_LIFETIME.get(lifetime, ""))

    def _image(self, part: Json, path: str) -> Block:
        if part.get("image_url") is None:
            return self._files.file(part, path)
        return self._files.by_url(part, "image_url", path, "image")

    def _video(self, part: Json, path: str) -> Block:
        return self._files.by_url(part, "video_url", path, "video")


def in_order(placed: Sequence[Placed]) -> Iterator[Placed]:
    """Yield the items with each output directly behind the turn of the assistant's that made its call.

    Agents put messages between calls and outputs; models want all results of a turn at once, and right after it.
    """
    outputs: dict[str, list[int]] = defaultdict(list)
    for index, (item, _) in enumerate(placed):
        if _kind(item) in _OUTPUTS:
            outputs[str(item.get("call_id"))].append(index)
    calls: list[str] = []
    taken: set[int] = set()

    def answers(at: int) -> Iterator[Placed]:
        for call_id in calls:
            later = [index for index in outputs[call_id] if index >= at and index not in taken]
            if later:
                taken.add(later[0])
                yield placed[later[0]]
        calls.clear()

    for index, (item, path) in enumerate(placed):
        if not _is_assistants(item):
            yield from answers(index)
        if index not in taken:
            yield item, path
        if _kind(item) in _CALLS:
            calls.append(str(item.get("call_id")))


def _kind(item: Json) -> str:
    """Return an item's type, which may be left out of messages and references."""
    kind = item.get("type")
    if kind is None:
        return "message" if "role" in item else "item_reference"
    return kind if isinstance(kind, str) else ""


def _is_assistants(item: Json) -> bool:
    kind = _kind(item)
    return kind in _CALLS or kind == "reasoning" or (kind == "message" and item.get("role") == "assistant")


def _texts(item: Json, name: str, path: str) -> str:
    where = below(path, name)
    return "\n\n".join(as_kind(part.get("text"), str, below(at, "text")) for part, at in items(item.get(name), where))


def _text(part: Json, path: str) -> Block:
    return text_block(required(part, "text", str, path))


def _refusal(part: Json, path: str) -> Block:
    return text_block(required(part, "refusal", str, path))


def _guarded_text(part: Json, path: str) -> Block:
    return {"guardContent": {"text": {"text": filled(part, "text", path)}}}
