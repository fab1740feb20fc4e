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
from gateway.dialects.openai_chat.reply import FINISH_REASONS, error_json, uncarried, usage_json
from gateway.dialects.stream import Verdict
from gateway.errors import GatewayError

type Json = dict[str, Any]

DONE = b"data: [DONE]\n\n"
_CARRIED = frozenset({"text", "reasoningContent"})


class ChatStream:
    """Encodes one streamed chat completion."""

    keep_alive: bytes | None = b": keep-alive\n\n"

    def __init__(self, *, reply_id: str, created: int, model: str, include_usage: bool) -> None:
        self.verdict: Verdict | None = None
        self._reader = GrammarReader()
        self._include_usage = include_usage
        self._head: Json = {"id": reply_id, "object": "chat.completion.chunk", "created": created, "model": model}
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

    def _encode(self, events: list[Event]) -> bytes:
        if len(events) == 1 and isinstance(events[0], TextDelta):
            return self._text(events[0].text)
        return b"".join([self._event(event) for event in events if self.verdict is None])

    def _text(self, text: str) -> bytes:
        return self._text_before + orjson.dumps(text) + self._text_after

    def _event(self, event: Event) -> bytes:
        match event:
            case TextDelta():
                return self._text(event.text)
            case BlockDelta():
                return self._delta(event)
            case BlockStart():
                return b"" if event.kind in _CARRIED else self._fail(uncarried(event.kind))
            case BlockStop():
                return b""
            case MessageStart():
                return self._chunk({"role": "assistant", "content": ""})
            case MessageStop():
                return self._stop(event)
            case Failure():
                return self._fail(event.error)
            case _:
                assert_never(event)

    def _delta(self, event: BlockDelta) -> bytes:
        if event.kind != "reasoningContent":
            return self._fail(uncarried(event.kind))
        # A signature or redacted reasoning has no text; Chat Completions has no place for either.
        text = event.delta.get("text")
        return self._chunk({"reasoning_content": text}) if text else b""

    def _stop(self, event: MessageStop) -> bytes:
        self.verdict = Verdict(stop_reason=event.stop_reason, usage=event.usage)
        usage = usage_json(event.usage) if event.usage else None
        finish = FINISH_REASONS.get(event.stop_reason, "stop")
        if not self._include_usage:
            return self._chunk({}, finish, {"usage": usage} if usage else {}) + DONE
        return self._chunk({}, finish) + _event_line({**self._head, "choices": [], "usage": usage}) + DONE

    def _fail(self, error: GatewayError) -> bytes:
        self.verdict = Verdict(error=error)
        return _event_line(error_json(error))

    def _chunk(self, delta: Json, finish_reason: str | None = None, more: Json | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event_line({**self._head, "choices": [choice], **(more or {})})


def _event_line(value: Json) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"
