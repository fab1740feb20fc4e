"""A response as server-sent events, numbered from 0. It ends after `response.completed`, `.incomplete` or `.failed`."""

from typing import TYPE_CHECKING, Any

import orjson

from gateway.bedrock.grammar import Event, GrammarReader, TextDelta
from gateway.dialects.openai_responses.output import Message
from gateway.dialects.openai_responses.reply import ReplyForm, ResponseHead
from gateway.dialects.openai_responses.writer import ResponseWriter
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.dialects.stream import Verdict

type Json = dict[str, Any]


class ResponseStream:
    """Encodes one streamed response."""

    keep_alive: bytes | None = b": keep-alive\n\n"

    def __init__(self, head: ResponseHead, form: ReplyForm | None = None) -> None:
        self.verdict: Verdict | None = None
        self._reader = GrammarReader()
        self._writer = ResponseWriter(head, form or ReplyForm(echo=head.echo))
        self._number = 0
        self._message: Message | None = None
        self._text_before = b""

    def feed(self, data: bytes) -> bytes:
        """Return the events that these bytes of Bedrock's stream complete."""
        return self._encode(self._reader.feed(data))

    def finish(self) -> bytes:
        """Return the last events, or those of a failure where no messageStop was seen."""
        return self._encode(self._reader.finish())

    def fail(self, error: GatewayError) -> bytes:
        """Return the events of a failure."""
        return self._encode(self._reader.fail(error))

    def abandon(self, error: GatewayError) -> bytes:
        """Return the events of a failure in any case."""
        return self._noted(b"".join([self._line(told) for told in self._writer.abandon(error)]))

    def _encode(self, events: list[Event]) -> bytes:
        return self._noted(b"".join([self._encoded(event) for event in self._writer.read(events)]))

    def _noted(self, data: bytes) -> bytes:
        if verdict := self._writer.verdict:
            self.verdict = verdict._replace(unknown_events=self._reader.unknown_events)
        return data

    def _encoded(self, event: Event) -> bytes:
        item = self._writer.item
        if isinstance(event, TextDelta) and isinstance(item, Message) and event.text and self._writer.verdict is None:
            return self._text(item, event.text)
        return b"".join([self._line(told) for told in self._writer.write(event)])

    def _text(self, item: Message, text: str) -> bytes:
        """Nearly every event is a piece of text: all of it but the text and the number is encoded once."""
        if item is not self._message:
            self._message = item
            members = {"type": "response.output_text.delta", **item.place, "content_index": 0, "logprobs": []}
            self._text_before = b"event: response.output_text.delta\ndata: " + orjson.dumps(members)[:-1]
        item.add(text)
        number, self._number = self._number, self._number + 1
        return b'%b,"sequence_number":%d,"delta":%b}\n\n' % (self._text_before, number, orjson.dumps(text))

    def _line(self, event: Json) -> bytes:
        number, self._number = self._number, self._number + 1
        data = orjson.dumps({**event, "sequence_number": number})
        return b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), data)
