"""The items of a response, each with the events that tell it while it comes."""

from abc import ABC, abstractmethod
from typing import Any, Literal, override

from gateway.converse import capsule
from gateway.dialects.openai_citations import annotation
from gateway.dialects.openai_custom_input import InputReader
from gateway.dialects.openai_responses.tools import ClientTool

type Json = dict[str, Any]
Status = Literal["in_progress", "completed", "incomplete"]


class Item(ABC):
    """An item of a response's output that is being told. `place` are the members that name it in its events."""

    def __init__(self, item_id: str, index: int) -> None:
        self.place: Json = {"item_id": item_id, "output_index": index}

    def start(self) -> list[Json]:
        """Return the events that open it."""
        return [_added(self.place, self.json("in_progress"))]

    @abstractmethod
    def more(self, delta: Json) -> list[Json]:
        """Take a delta of its block's, and return the events for it."""

    @abstractmethod
    def stop(self, status: Status) -> list[Json]:
        """Return the events that close it; the last one holds the whole item."""

    @abstractmethod
    def json(self, status: Status) -> Json:
        """Return the item as far as it came."""


class Message(Item):
    """Text of the assistant's. Text blocks in a row are one message with one part, as OpenAI's models write."""

    def __init__(self, item_id: str, index: int) -> None:
        super().__init__(item_id, index)
        self._part_place: Json = {**self.place, "content_index": 0}
        self._text: list[str] = []
        self._length = self._block_start = 0
        self._annotations: list[Json] = []

    @override
    def start(self) -> list[Json]:
        item = {**self.json("in_progress"), "content": []}
        return [_added(self.place, item), _event("response.content_part.added", self._part_place, part=self._part())]

    @override
    def more(self, delta: Json) -> list[Json]:
        """Take a citation for what was written since the block began."""
        note = annotation(delta, self._block_start, self._length)
        self._annotations.append(note)
        index = len(self._annotations) - 1
        name = "response.output_text.annotation.added"
        return [_event(name, self._part_place, annotation_index=index, annotation=note)]

    def text(self, piece: str) -> list[Json]:
        """Take a piece of text, and return the event for it."""
        self.add(piece)
        return [_event("response.output_text.delta", self._part_place, delta=piece, logprobs=[])]

    def add(self, text: str) -> None:
        """Take a piece of text whose event is made elsewhere."""
        self._text.append(text)
        self._length += len(text)

    def next_block(self) -> None:
        """Take note that another block of text begins."""
        self._block_start = self._length

    @override
    def stop(self, status: Status) -> list[Json]:
        part = self._part()
        return [
            _event("response.output_text.done", self._part_place, text=part["text"], logprobs=[]),
            _event("response.content_part.done", self._part_place, part=part),
            _done(self.place, self.json(status)),
        ]

    @override
    def json(self, status: Status) -> Json:
        item_id = self.place["item_id"]
        return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": [self._part()]}

    def _part(self) -> Json:
        annotations = list(self._annotations)
        return {"type": "output_text", "text": "".join(self._text), "annotations": annotations, "logprobs": []}


class Reasoning(Item):
    """One block of reasoning: its text as a summary, and the block itself sealed, for the next turn."""

    def __init__(self, item_id: str, index: int) -> None:
        super().__init__(item_id, index)
        self._part_place: Json = {**self.place, "summary_index": 0}
        self._text: list[str] = []
        self._signature = self._redacted = ""

    @override
    def more(self, delta: Json) -> list[Json]:
        """Take a reasoningContent delta: text, signature or redactedContent."""
        self._signature += delta.get("signature") or ""
        self._redacted += delta.get("redactedContent") or ""
        text = str(delta.get("text") or "")
        if not text:
            return []
        opening = [] if self._text else [_event("response.reasoning_summary_part.added", self._part_place, part=_EMPTY)]
        self._text.append(text)
        return [*opening, _event("response.reasoning_summary_text.delta", self._part_place, delta=text)]

    @override
    def stop(self, status: Status) -> list[Json]:
        done = [_done(self.place, self.json(status))]
        if not self._text:
            return done
        [part] = self._summary()
        return [
            _event("response.reasoning_summary_text.done", self._part_place, text=part["text"]),
            _event("response.reasoning_summary_part.done", self._part_place, part=part),
            *done,
        ]

    @override
    def json(self, status: Status) -> Json:
        sealed = capsule.seal([self.block()]) if status != "in_progress" else ""
        return {
            "id": self.place["item_id"],
            "type": "reasoning",
            "status": status,
            "summary": self._summary(),
            "encrypted_content": sealed or None,
        }

    def _summary(self) -> list[Json]:
        return [{"type": "summary_text", "text": "".join(self._text)}] if self._text else []

    def block(self) -> Json:
        """Return Bedrock's own block."""
        if self._redacted:
            return {"reasoningContent": {"redactedContent": self._redacted}}
        text = {"text": "".join(self._text), "signature": self._signature}
        return {"reasoningContent": {"reasoningText": text}}


class FunctionCall(Item):
    """The use of a function."""

    def __init__(self, item_id: str, index: int, call_id: str, tool: ClientTool) -> None:
        super().__init__(item_id, index)
        self._call_id = call_id
        self._tool = tool
        self._arguments: list[str] = []

    @override
    def more(self, delta: Json) -> list[Json]:
        """Take a toolUse delta."""
        piece = delta.get("input") or ""
        if not piece:
            return []
        self._arguments.append(piece)
        return [_event("response.function_call_arguments.delta", self.place, delta=piece)]

    @override
    def stop(self, status: Status) -> list[Json]:
        # Clients parse the arguments, and an empty text is no JSON.
        opening = [] if self._arguments else self.more({"input": "{}"})
        item = self.json(status)
        done = _event("response.function_call_arguments.done", self.place, arguments=item["arguments"])
        return [*opening, done, _done(self.place, item)]

    @override
    def json(self, status: Status) -> Json:
        return {
            "id": self.place["item_id"],
            "type": "function_call",
            "status": status,
            "call_id": self._call_id,
            **_named(self._tool),
            "arguments": "".join(self._arguments),
        }


class CustomCall(Item):
    """The use of a custom tool, which Bedrock knows as a function with one string."""

    def __init__(self, item_id: str, index: int, call_id: str, tool: ClientTool) -> None:
        super().__init__(item_id, index)
        self._call_id = call_id
        self._tool = tool
        self._input = InputReader()

    @override
    def start(self) -> list[Json]:
        return [_added(self.place, {**self.json("in_progress"), "input": ""})]

    @override
    def more(self, delta: Json) -> list[Json]:
        """Take a toolUse delta."""
        piece = self._input.more(delta.get("input") or "")
        return [_event("response.custom_tool_call_input.delta", self.place, delta=piece)] if piece else []

    @override
    def stop(self, status: Status) -> list[Json]:
        whole, rest = self._input.whole()
        opening = [_event("response.custom_tool_call_input.delta", self.place, delta=rest)] if rest else []
        done = _event("response.custom_tool_call_input.done", self.place, input=whole)
        return [*opening, done, _done(self.place, self.json(status))]

    @override
    def json(self, status: Status) -> Json:
        whole, _ = self._input.whole()
        return {
            "id": self.place["item_id"],
            "type": "custom_tool_call",
            "status": status,
            "call_id": self._call_id,
            **_named(self._tool),
            "input": whole,
        }


_EMPTY: Json = {"type": "summary_text", "text": ""}


def _named(tool: ClientTool) -> Json:
    return {"name": tool.name, **({"namespace": tool.namespace} if tool.namespace else {})}


def _added(place: Json, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": place["output_index"], "item": item}


def _done(place: Json, item: Json) -> Json:
    return {"type": "response.output_item.done", "output_index": place["output_index"], "item": item}


def _event(name: str, place: Json, **members: Any) -> Json:
    return {"type": name, **place, **members}
