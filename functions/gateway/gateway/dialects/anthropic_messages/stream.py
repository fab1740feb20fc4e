"""Grammar events → Anthropic's server-sent events."""

from typing import Any

import orjson

from gateway.bedrock.grammar import Event, GrammarReader, MessageStop, TextDelta
from gateway.dialects.anthropic_messages.ending import ReplyForm
from gateway.dialects.anthropic_messages.errors import error_json
from gateway.dialects.anthropic_messages.events import EventWriter
from gateway.dialects.stream import Verdict
from gateway.errors import GatewayError

type Json = dict[str, Any]


class MessagesStream:
    """Encodes one streamed message. It ends in `message_stop`, or in an `error` event and nothing after it."""

    # Clients take it anywhere, before `message_start` too.
    keep_alive: bytes | None = b'event: ping\ndata: {"type":"ping"}\n\n'

    def __init__(self, *, reply_id: str, model: str, request_id: str, form: ReplyForm | None = None) -> None:
        self.verdict: Verdict | None = None
        self._request_id = request_id
        self._reader = GrammarReader()
        self._writer = EventWriter(reply_id=reply_id, model=model, form=form or ReplyForm())
        # Nearly every event is a piece of text: all of it but the text is encoded once a block.
        self._text_index = -1
        self._text_before = b""

    def feed(self, data: bytes) -> bytes:
        """Return the events that these bytes of Bedrock's stream complete."""
        return self._encode(self._reader.feed(data))

    def finish(self) -> bytes:
        """Return the last events, or an error where no messageStop was seen."""
        return self._encode(self._reader.finish())

    def fail(self, error: GatewayError) -> bytes:
        """Return an error event, unless the reply was whole already."""
        return self._encode(self._reader.fail(error))

    def abandon(self, error: GatewayError) -> bytes:
        """Return an error event in any case."""
        return self._fail(error)

    def _encode(self, events: list[Event]) -> bytes:
        return b"".join([self._event(event) for event in self._writer.in_order(events) if self.verdict is None])

    def _event(self, event: Event) -> bytes:
        writer = self._writer
        if isinstance(event, TextDelta) and event.text and writer.is_open:
            return self._text(writer.index, event.text)
        try:
            told = b"".join([_frame(value) for value in writer.write(event)])
        except GatewayError as error:
            return self._fail(error, event if isinstance(event, MessageStop) else None)
        if isinstance(event, MessageStop):
            self.verdict = Verdict(None, event.stop_reason, event.usage, self._reader.unknown_events)
        return told

    def _text(self, index: int, text: str) -> bytes:
        if index != self._text_index:
            delta = {"type": "text_delta", "text": "@"}
            frame = _frame({"type": "content_block_delta", "index": index, "delta": delta})
            self._text_index, self._text_before = index, frame.partition(b'"@"')[0]
        return self._text_before + orjson.dumps(text) + b"}}\n\n"

    def _fail(self, error: GatewayError, stop: MessageStop | None = None) -> bytes:
        usage, stop_reason = (stop.usage, stop.stop_reason) if stop else (None, "")
        self.verdict = Verdict(error, stop_reason, usage, self._reader.unknown_events)
        return _frame(error_json(error, self._request_id))


def _frame(value: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (str(value["type"]).encode(), orjson.dumps(value))
