"""The tool calls of one streamed chat completion. OpenAI counts tool calls where Bedrock counts blocks."""

from typing import TYPE_CHECKING, Any

from gateway.dialects.openai_chat.reply import ReplyForm, call_id
from gateway.dialects.unusable import used_tool

if TYPE_CHECKING:
    from gateway.dialects.openai_custom_input import InputReader

type Json = dict[str, Any]


class ToolCalls:
    """Makes members of `tool_calls`; each method returns one, or None where there is nothing to tell."""

    def __init__(self, form: ReplyForm) -> None:
        self._form = form
        self._index: dict[int, int] = {}
        self._begun: set[int] = set()
        self._custom: dict[int, InputReader] = {}

    def start(self, block_index: int, start: Json, reasoning: list[Json]) -> Json:
        """Begin a call; its id carries the reasoning before it where the client needs that."""
        tool_use_id, name = used_tool(start)
        name = self._form.names.client(name)
        self._index[block_index] = len(self._index)
        self._begun.discard(block_index)
        called = {"index": self._index[block_index], "id": call_id(tool_use_id, reasoning, self._form)}
        if name in self._form.custom_tools:
            # Few requests have custom tools, and its patterns take their time to compile.
            from gateway.dialects.openai_custom_input import InputReader

            self._custom[block_index] = InputReader()
            return {**called, "type": "custom", "custom": {"name": name, "input": ""}}
        self._custom.pop(block_index, None)
        return {**called, "type": "function", "function": {"name": name, "arguments": ""}}

    def more(self, block_index: int, arguments: str) -> Json | None:
        """Tell a piece of the arguments."""
        if reader := self._custom.get(block_index):
            return self._text(block_index, reader.more(arguments))
        if not arguments:
            return None
        self._begun.add(block_index)
        return {"index": self._index[block_index], "function": {"arguments": arguments}}

    def stop(self, block_index: int) -> Json | None:
        """Tell what is still to be told of a call that is over."""
        if reader := self._custom.get(block_index):
            return self._text(block_index, reader.whole()[1])
        # Clients parse the arguments, and an empty text is no JSON.
        return None if block_index in self._begun else self.more(block_index, "{}")

    def _text(self, block_index: int, text: str) -> Json | None:
        return {"index": self._index[block_index], "custom": {"input": text}} if text else None
