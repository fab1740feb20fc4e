"""Converse's whole replies → messages, put together from the events that a stream of the same reply would have."""

from typing import Any

import orjson

from gateway.bedrock.whole import events_of
from gateway.dialects.anthropic_messages.ending import ReplyForm
from gateway.dialects.anthropic_messages.events import EventWriter

type Json = dict[str, Any]

# The delta of a block → the member that it adds to, for those that add text.
_TEXTS = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}


def message(reply: Json, *, reply_id: str, model: str, form: ReplyForm | None = None) -> Json:
    """Return the message for a Converse response body.

    Raises:
        GatewayError: the reply is broken, or has content that Messages cannot carry.
        KeyError, TypeError, AttributeError: it is no Converse response.
    """
    writer = EventWriter(reply_id=reply_id, model=model, form=form or ReplyForm())
    blocks = _Blocks()
    whole: Json = {}
    for event in writer.in_order(events_of(reply)):
        for told in writer.write(event):
            match told["type"]:
                case "message_start":
                    whole = {**told["message"], "content": blocks.content}
                case "message_delta":
                    whole.update(told.pop("delta"))
                    told.pop("type")
                    whole.update(told)
                case _:
                    blocks.add(told)
    return whole


class _Blocks:
    """Content blocks, put together as a client of the stream would."""

    def __init__(self) -> None:
        self.content: list[Json] = []
        self._input: list[str] = []

    def add(self, told: Json) -> None:
        """Take one event of a block."""
        match told["type"]:
            case "content_block_start":
                self.content.append(dict(told["content_block"]))
                self._input = []
            case "content_block_delta":
                self._more(self.content[-1], told["delta"])
            case "content_block_stop" if self._input:
                self.content[-1]["input"] = orjson.loads("".join(self._input))

    def _more(self, block: Json, delta: Json) -> None:
        match delta["type"]:
            case "input_json_delta":
                self._input.append(delta["partial_json"])
            case "citations_delta":
                block.setdefault("citations", []).append(delta["citation"])
            case kind:
                block[_TEXTS[kind]] += delta[_TEXTS[kind]]
