"""Grammar events → the events of a response, and the response that they add up to."""

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
    Usage,
    tier_of,
)
from gateway.bedrock.sequence import OneAtATime
from gateway.bedrock.whole import events_of
from gateway.converse import capsule
from gateway.converse.answer import AnswerReader
from gateway.dialects.openai_chat.reply import error_json
from gateway.dialects.openai_responses.output import CustomCall, FunctionCall, Item, Message, Reasoning, Status
from gateway.dialects.openai_responses.reply import (
    ReplyForm,
    ResponseHead,
    failure_json,
    status_of,
    usage_json,
)
from gateway.dialects.stream import Verdict
from gateway.dialects.unusable import refuse_malformed, uncarried, used_tool
from gateway.errors import GatewayError

type Json = dict[str, Any]


class ResponseWriter:
    """Writes one response, streamed or whole. When there is a verdict, `response` is the response at its end.

    An item is closed when the next one begins or the reply ends, because only then is it known to be whole.
    """

    def __init__(self, head: ResponseHead, form: ReplyForm) -> None:
        self.verdict: Verdict | None = None
        self.response: Json = {}
        self.item: Item | None = None
        self._head = head
        self._form = form
        self._sequence = OneAtATime()
        self._answer = AnswerReader(form.answer_tool, unwraps=form.unwraps) if form.answer_tool else None
        self._output: list[Json] = []
        # The reasoning since the last call.
        self._reasoning: list[Json] = []
        self._has_begun = False

    def read(self, events: list[Event]) -> list[Event]:
        """Return the events in the order and form in which `write` takes them."""
        events = self._sequence.read(events)
        return events if self._answer is None else self._answer.read(events)

    def abandon(self, error: GatewayError) -> list[Json]:
        """Return the events of a failure, whatever was told before."""
        return self._fail(error)

    def write(self, event: Event) -> list[Json]:
        """Return the response's events for one of the grammar's; nothing once there is a verdict."""
        if self.verdict is not None:
            return []
        try:
            return self._write(event)
        except GatewayError as error:
            return self._fail(error, event if isinstance(event, MessageStop) else None)

    def _write(self, event: Event) -> list[Json]:
        match event:
            case MessageStart():
                return self._begin()
            case BlockStart():
                return self._start(event)
            case TextDelta():
                return self._text(event.text)
            case BlockDelta():
                return self._delta(event)
            case BlockStop():
                return []
            case MessageStop():
                return self._stop(event)
            case Failure():
                raise event.error
            case _:
                assert_never(event)

    def _begin(self) -> list[Json]:
        self._has_begun = True
        response = self._head.response("in_progress")
        return [
            {"type": "response.created", "response": response},
            {"type": "response.in_progress", "response": response},
        ]

    def _start(self, event: BlockStart) -> list[Json]:
        match event.kind:
            case "text":
                if isinstance(self.item, Message):
                    self.item.next_block()
                    return []
                # A message opens with its first piece of text: models write empty blocks too.
                return self._close("completed")
            case "reasoningContent":
                return self._open(Reasoning(*self._name("rs")))
            case "toolUse":
                return [*self._close("completed"), *self._open(self._call(event.start))]
            case kind:
                raise uncarried(kind)

    def _call(self, start: Json) -> Item:
        tool_use_id, name = used_tool(start)
        tool = self._form.client_tool(name)
        call_id = capsule.pack(tool_use_id, self._reasoning) if self._form.ids_carry_reasoning else tool_use_id
        self._reasoning = []
        if tool.is_custom:
            return CustomCall(*self._name("ctc"), call_id, tool)
        return FunctionCall(*self._name("fc"), call_id, tool)

    def _text(self, text: str) -> list[Json]:
        if not text:
            return []
        opening, message = self._message()
        return [*opening, *message.text(text)]

    def _delta(self, event: BlockDelta) -> list[Json]:
        if event.kind == "citation":
            opening, message = self._message()
            return [*opening, *message.more(event.delta)]
        return self.item.more(event.delta) if self.item else []

    def _message(self) -> tuple[list[Json], Message]:
        """Return the open message; the events that open it, where it was not."""
        if isinstance(self.item, Message):
            return [], self.item
        message = Message(*self._name("msg"))
        return self._open(message), message

    def _name(self, prefix: str) -> tuple[str, int]:
        """Return id and index of the next item."""
        index = len(self._output) + (self.item is not None)
        return f"{prefix}_{self._head.reply_id.removeprefix('resp_')}_{index}", index

    def _open(self, item: Item) -> list[Json]:
        events = self._close("completed")
        self.item = item
        return [*events, *item.start()]

    def _close(self, status: Status) -> list[Json]:
        item, self.item = self.item, None
        if item is None:
            return []
        events = item.stop(status)
        if isinstance(item, Reasoning):
            self._reasoning.append(item.block())
        self._output.append(events[-1]["item"])
        return events

    def _stop(self, event: MessageStop) -> list[Json]:
        refuse_malformed(event.stop_reason)
        usage = self._usage(event.usage)
        self.verdict = Verdict(stop_reason=event.stop_reason, usage=event.usage)
        status, details = status_of(event.stop_reason)
        closing = self._close("incomplete" if details else "completed")
        tier = {"service_tier": told} if (told := tier_of(event.metadata)) else {}
        self.response = self._head.response(status, self._output, incomplete_details=details, **usage, **tier)
        return [*closing, {"type": f"response.{status}", "response": self.response}]

    def _usage(self, usage: Usage | None) -> Json:
        return {"usage": {**usage_json(usage), **self._form.cost(usage)}} if usage else {}

    def _fail(self, error: GatewayError, stop: MessageStop | None = None) -> list[Json]:
        """Return an `error` event, which the SDKs raise, and `response.failed`, which agents look for."""
        usage, stop_reason = (stop.usage, stop.stop_reason) if stop else (None, "")
        self.verdict = Verdict(error, stop_reason, usage)
        members = self._usage(usage)
        opening = [] if self._has_begun else self._begin()
        output = [*self._output, *([self.item.json("incomplete")] if self.item else [])]
        self.response = self._head.response("failed", output, error=failure_json(error), **members)
        told = error_json(error)["error"]
        # On OpenAI's wire the error is an object, in the SDKs' types its members stand alone: both are here.
        event = {"type": "error", **{name: told[name] for name in ("code", "message", "param")}, "error": told}
        return [*opening, event, {"type": "response.failed", "response": self.response}]


def response(reply: Json, head: ResponseHead, form: ReplyForm) -> Json:
    """Return the response for a Converse response body.

    Raises:
        GatewayError: the reply is broken, or has content that Responses cannot carry.
        KeyError, TypeError, AttributeError: it is no Converse response.
    """
    writer = ResponseWriter(head, form)
    for event in writer.read(events_of(reply)):
        writer.write(event)
    if writer.verdict and writer.verdict.error:
        raise writer.verdict.error
    return writer.response
