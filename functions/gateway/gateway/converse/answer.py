"""The answer that came as a tool's input (structured output without Bedrock's own), read as the text it stands for."""

from typing import Any

import orjson

from gateway.bedrock.grammar import BlockDelta, BlockStart, BlockStop, Event, MessageStop, TextDelta

type Json = dict[str, Any]

# Models sometimes wrap what was asked for in the schema's own word.
_WRAPPER = '{"properties":'


class AnswerReader:
    """Turns the events of one tool's use into those of a text block.

    Text beside the answer (`I will call the tool now.`) would spoil it: it is held back, dropped when the answer comes,
    and told when the model used other tools or none. All other events pass.
    """

    def __init__(self, tool: str, *, unwraps: bool = True) -> None:
        """`tool` is the name Bedrock was told; `unwraps`: the schema itself has no member `properties`."""
        self._tool = tool
        self._unwraps = unwraps
        self._index: int | None = None
        self._held = ""
        self._is_holding = False
        self._answered = False
        self._other_tools = False
        self._text: list[Event] = []

    def read(self, events: list[Event]) -> list[Event]:
        """Return the events that the dialect is to see."""
        return [seen for event in events for seen in self._seen(event)]

    def _seen(self, event: Event) -> list[Event]:
        match event:
            case TextDelta() | BlockStart(kind="text") | BlockStop(kind="text") | BlockDelta(kind="citation"):
                self._text.append(event)
                return []
            case BlockStart(index, "toolUse", start) if start.get("name") == self._tool and not self._answered:
                self._index, self._is_holding, self._answered = index, True, True
                return [BlockStart(index, "text", {})]
            case BlockStart(_, "toolUse", _):
                self._other_tools = True
                return [*self._told(), event]
            case BlockDelta(index, "toolUse", delta) if index == self._index:
                return self._piece(index, delta.get("input", ""))
            case BlockStop(index, "toolUse") if index == self._index:
                return self._stop(index)
            case MessageStop(stop_reason="tool_use") if self._answered and not self._other_tools:
                return [MessageStop("end_turn", event.usage, event.additional_fields, event.metadata)]
            case MessageStop():
                return [*self._told(), event]
            case _:
                return [event]

    def _told(self) -> list[Event]:
        text, self._text = self._text, []
        return [] if self._answered else text

    def _piece(self, index: int, text: str) -> list[Event]:
        if not self._is_holding:
            return [TextDelta(index, text)] if text else []
        self._held += text
        compact = "".join(self._held.split())
        if not compact or (self._unwraps and (_WRAPPER.startswith(compact) or compact.startswith(_WRAPPER))):
            return []
        self._is_holding = False
        return [TextDelta(index, self._held)]

    def _stop(self, index: int) -> list[Event]:
        self._index = None
        stop = BlockStop(index, "text")
        return [TextDelta(index, unwrapped(self._held)), stop] if self._is_holding else [stop]


def unwrapped(text: str) -> str:
    """Return JSON text without a lone `properties` around it; nothing at all is an empty object."""
    if not text.strip():
        return "{}"
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return answer_text(value) if isinstance(value, dict) and list(value) == ["properties"] else text


def answer_text(value: Any, *, unwraps: bool = True) -> str:
    """Return the text of an answer that came whole, as the tool's input."""
    if unwraps and isinstance(value, dict) and list(value) == ["properties"] and isinstance(value["properties"], dict):
        value = value["properties"]
    return orjson.dumps(value).decode()
