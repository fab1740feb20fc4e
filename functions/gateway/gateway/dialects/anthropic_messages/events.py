"""Grammar events → Anthropic's stream events, as values: a stream writes them down, a whole message is put together
from them.
"""

import base64
import binascii
from typing import Any, assert_never

from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    MessageStart,
    MessageStop,
    TextDelta,
    tier_of,
)
from gateway.bedrock.sequence import OneAtATime
from gateway.converse.answer import AnswerReader
from gateway.dialects.anthropic_messages.citations import citation_json
from gateway.dialects.anthropic_messages.ending import (
    ReplyForm,
    beside_ending,
    ending,
    usage_json,
)
from gateway.dialects.unusable import refuse_malformed, uncarried, used_tool
from gateway.errors import StreamBroken

type Json = dict[str, Any]


class EventWriter:
    """Says one reply in Anthropic's events: blocks open empty, one at a time, numbered from 0, and each is closed.

    `message_start` comes before Bedrock has counted anything: its usage is 0, and the last `message_delta` has all of
    it, which clients put in its place.
    """

    def __init__(self, *, reply_id: str, model: str, form: ReplyForm) -> None:
        self._form = form
        self._answer = AnswerReader(form.answer_tool, unwraps=form.unwraps) if form.answer_tool else None
        self._sequence = OneAtATime()
        self._reasoning = _Reasoning()
        self._message: Json = {
            "id": reply_id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_json(None),
        }
        # The number of the client's block that is open, or else of the next one.
        self.index = 0
        self.is_open = False

    def in_order(self, events: list[Event]) -> list[Event]:
        """Return the events that may be told now, so that no two blocks overlap."""
        if self._answer is not None:
            events = self._answer.read(events)
        return self._sequence.read(events)

    def write(self, event: Event) -> list[Json]:
        """Return what Anthropic says for an event that is in order.

        Raises:
            GatewayError: the reply failed, or has content that Messages cannot carry.
        """
        match event:
            case TextDelta():
                return [self._delta({"type": "text_delta", "text": event.text})] if event.text else []
            case BlockDelta():
                return self._more(event)
            case BlockStart():
                return self._start(event)
            case BlockStop():
                return self._end(event)
            case MessageStart():
                return [{"type": "message_start", "message": self._message}]
            case MessageStop():
                return self._stop(event)
            case Failure():
                raise event.error
            case _:
                assert_never(event)

    def _start(self, event: BlockStart) -> list[Json]:
        match event.kind:
            case "text":
                return [self._open({"type": "text", "text": ""})]
            case "reasoningContent":
                # Whether it can be read or is encrypted shows with its first delta.
                self._reasoning = _Reasoning()
                return []
            case "toolUse":
                return [self._open(self._tool_use(event.start))]
            case kind:
                raise uncarried(kind)

    def _more(self, event: BlockDelta) -> list[Json]:
        match event.kind:
            case "toolUse":
                piece = event.delta.get("input", "")
                return [self._delta({"type": "input_json_delta", "partial_json": piece})] if piece else []
            case "reasoningContent":
                text = self._reasoning.add(event.delta)
                if text is None:
                    return []
                opened = [] if self.is_open else [self._open({"type": "thinking", "thinking": "", "signature": ""})]
                return [*opened, *([self._delta({"type": "thinking_delta", "thinking": text})] if text else [])]
            case "citation":
                return [self._delta({"type": "citations_delta", "citation": citation_json(event.delta)})]
            case kind:
                raise uncarried(kind)

    def _end(self, event: BlockStop) -> list[Json]:
        told: list[Json] = []
        if event.kind == "reasoningContent":
            if data := self._reasoning.redacted():
                told.append(self._open({"type": "redacted_thinking", "data": data}))
            # Whole, since clients keep the last piece of a signature only.
            elif signature := self._reasoning.signature():
                told.append(self._delta({"type": "signature_delta", "signature": signature}))
        return [*told, self._close()] if self.is_open else told

    def _stop(self, event: MessageStop) -> list[Json]:
        refuse_malformed(event.stop_reason)
        usage = usage_json(event.usage, tier_of(event.metadata))
        if event.usage:
            usage |= self._form.cost(event.usage)
        delta = ending(event, self._form)
        return [
            {"type": "message_delta", "delta": delta, "usage": usage, **beside_ending(event)},
            {"type": "message_stop"},
        ]

    def _tool_use(self, start: Json) -> Json:
        tool_use_id, name = used_tool(start)
        return {"type": "tool_use", "id": tool_use_id, "name": self._form.names.client(name), "input": {}}

    def _open(self, block: Json) -> Json:
        self.is_open = True
        return {"type": "content_block_start", "index": self.index, "content_block": block}

    def _delta(self, delta: Json) -> Json:
        if not self.is_open:
            raise StreamBroken("Bedrock sent content outside of any block; the answer is incomplete.")
        return {"type": "content_block_delta", "index": self.index, "delta": delta}

    def _close(self) -> Json:
        self.is_open = False
        self.index += 1
        return {"type": "content_block_stop", "index": self.index - 1}


class _Reasoning:
    """One block of reasoning: text that is told at once, and what can only be told whole, at its end."""

    def __init__(self) -> None:
        self._signature: list[str] = []
        self._redacted: list[str] = []

    def add(self, delta: Json) -> str | None:
        """Take a delta; return the text to tell, None where the block is encrypted."""
        if redacted := delta.get("redactedContent"):
            self._redacted.append(redacted)
        if signature := delta.get("signature"):
            self._signature.append(signature)
        return None if self._redacted else str(delta.get("text") or "")

    def signature(self) -> str:
        return "".join(self._signature)

    def redacted(self) -> str:
        """Return the encrypted reasoning as base64 text; pieces of base64 do not simply join."""
        if len(self._redacted) < 2:
            return "".join(self._redacted)
        try:
            return base64.b64encode(b"".join(base64.b64decode(piece) for piece in self._redacted)).decode()
        except (ValueError, binascii.Error) as error:
            raise StreamBroken("Bedrock sent reasoning that is no base64.") from error
