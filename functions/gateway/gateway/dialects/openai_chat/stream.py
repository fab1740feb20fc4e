"""Grammar events → `chat.completion.chunk` server-sent events.

Exactly one chunk carries the finish reason. Usage goes on a chunk of its own where the client asked for it, else on the
one with the finish reason, because some agents (OpenClaw 2026.5) never ask and would count nothing.
"""

from typing import Any, assert_never

import orjson

from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    GrammarReader,
    MessageStart,
    MessageStop,
    TextDelta,
)
from gateway.converse.answer import AnswerReader
from gateway.dialects.openai_chat.calls import ToolCalls
from gateway.dialects.openai_chat.citations import Citations
from gateway.dialects.openai_chat.reply import (
    ReplyForm,
    error_json,
    extras_json,
    finish_json,
    thinking_block,
    usage_json,
)
from gateway.dialects.stream import Verdict
from gateway.dialects.unusable import refuse_malformed, uncarried
from gateway.errors import GatewayError

type Json = dict[str, Any]

_UNFINISHED: Json = {"finish_reason": None}
DONE = b"data: [DONE]\n\n"


class ChatStream:
    """Encodes one streamed chat completion."""

    keep_alive: bytes | None = b": keep-alive\n\n"

    def __init__(
        self, *, reply_id: str, created: int, model: str, include_usage: bool, form: ReplyForm | None = None
    ) -> None:
        self.verdict: Verdict | None = None
        self._form = form or ReplyForm()
        self._reader = GrammarReader()
        self._answer = (
            AnswerReader(self._form.answer_tool, unwraps=self._form.unwraps) if self._form.answer_tool else None
        )
        self._include_usage = include_usage
        self._head: Json = {"id": reply_id, "object": "chat.completion.chunk", "created": created, "model": model}
        self._tools = ToolCalls(self._form)
        self._reasoning = _Reasoning()
        self._citations = Citations()
        # Nearly every chunk is a piece of text: all of it but the text is encoded once.
        before, after = self._chunk({"content": "@"}).split(b'"@"')
        self._text_before, self._text_after = before, after

    def feed(self, data: bytes) -> bytes:
        """Return the chunks that these bytes of Bedrock's stream complete."""
        return self._encode(self._reader.feed(data))

    def finish(self) -> bytes:
        """Return the last chunks, or an error where no messageStop was seen."""
        return self._encode(self._reader.finish())

    def fail(self, error: GatewayError) -> bytes:
        """Return an error event."""
        return self._encode(self._reader.fail(error))

    def abandon(self, error: GatewayError) -> bytes:
        """Return an error event in any case."""
        return self._fail(error)

    def _encode(self, events: list[Event]) -> bytes:
        if self._answer is not None:
            events = self._answer.read(events)
        if len(events) == 1 and isinstance(events[0], TextDelta) and self.verdict is None:
            return self._text(events[0].text)
        return b"".join([self._written(event) for event in events if self.verdict is None])

    def _text(self, text: str) -> bytes:
        self._citations.add_text(text)
        return self._text_before + orjson.dumps(text) + self._text_after

    def _written(self, event: Event) -> bytes:
        try:
            return self._event(event)
        except GatewayError as error:
            return self._fail(error, event if isinstance(event, MessageStop) else None)

    def _event(self, event: Event) -> bytes:
        match event:
            case TextDelta():
                return self._text(event.text)
            case BlockDelta():
                return self._delta(event)
            case BlockStart():
                return self._start(event)
            case BlockStop():
                return self._end(event)
            case MessageStart():
                return self._chunk({"role": "assistant", "content": ""})
            case MessageStop():
                return self._stop(event)
            case Failure():
                raise event.error
            case _:
                assert_never(event)

    def _start(self, event: BlockStart) -> bytes:
        match event.kind:
            case "text":
                self._citations.next_block()
                return b""
            case "reasoningContent":
                self._reasoning.start()
                return b""
            case "toolUse":
                return self._calls(self._tools.start(event.block_index, event.start, self._reasoning.take()))
            case kind:
                raise uncarried(kind)

    def _delta(self, event: BlockDelta) -> bytes:
        match event.kind:
            case "reasoningContent":
                text = self._reasoning.add(event.delta)
                return self._chunk({"reasoning_content": text}) if text else b""
            case "toolUse":
                return self._calls(self._tools.more(event.block_index, event.delta.get("input", "")))
            case "citation":
                return self._chunk(self._citations.told(event.delta))
            case kind:
                raise uncarried(kind)

    def _end(self, event: BlockStop) -> bytes:
        match event.kind:
            case "reasoningContent":
                block = self._reasoning.stop()
                return self._chunk({"thinking_blocks": [block]}) if block else b""
            case "toolUse":
                return self._calls(self._tools.stop(event.block_index))
            case _:
                return b""

    def _calls(self, call: Json | None) -> bytes:
        return self._chunk({"tool_calls": [call]}) if call else b""

    def _stop(self, event: MessageStop) -> bytes:
        refuse_malformed(event.stop_reason)
        self.verdict = Verdict(
            stop_reason=event.stop_reason, usage=event.usage, unknown_events=self._reader.unknown_events
        )
        usage = {**usage_json(event.usage), **self._form.cost(event.usage)} if event.usage else None
        finish, extras = finish_json(event.stop_reason), extras_json(event.metadata, event.additional_fields)
        if not self._include_usage:
            return self._chunk({}, finish, {**({"usage": usage} if usage else {}), **extras}) + DONE
        return self._chunk({}, finish, extras) + _event_line({**self._head, "choices": [], "usage": usage}) + DONE

    def _fail(self, error: GatewayError, stop: MessageStop | None = None) -> bytes:
        usage, stop_reason = (stop.usage, stop.stop_reason) if stop else (None, "")
        self.verdict = Verdict(error, stop_reason, usage, self._reader.unknown_events)
        return _event_line(error_json(error))

    def _chunk(self, delta: Json, finish: Json = _UNFINISHED, more: Json | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, **finish}
        return _event_line({**self._head, "choices": [choice], **(more or {})})


class _Reasoning:
    """The reasoning of one reply, kept because its signature comes last and must go back with the whole text."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._signature: list[str] = []
        self._redacted = ""
        self._blocks = 0
        self._untaken: list[Json] = []

    def start(self) -> None:
        self._text, self._signature, self._redacted = [], [], ""

    def add(self, delta: Json) -> str:
        """Take a delta and return the text that the client is to read at once."""
        text = str(delta.get("text") or "")
        self._text.append(text)
        self._signature.append(delta.get("signature") or "")
        self._redacted += delta.get("redactedContent") or ""
        return text

    def stop(self) -> Json | None:
        """Return the `thinking_blocks` member of the block that is over; its index lets clients join deltas."""
        value = self._value()
        self._untaken.append({"reasoningContent": value})
        block = thinking_block(value)
        if block is None:
            return None
        self._blocks += 1
        return {"index": self._blocks - 1, **block}

    def take(self) -> list[Json]:
        """Return the blocks since this was last called."""
        taken, self._untaken = self._untaken, []
        return taken

    def _value(self) -> Json:
        if self._redacted:
            return {"redactedContent": self._redacted}
        return {"reasoningText": {"text": "".join(self._text), "signature": "".join(self._signature)}}


def _event_line(value: Json) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
