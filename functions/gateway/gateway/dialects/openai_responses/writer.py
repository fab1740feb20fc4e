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
)
from gateway.bedrock.sequence import OneAtATime
from gateway.converse.answer import AnswerReader
from gateway.dialects.openai_chat.reply import error_json
from gateway.dialects.openai_responses.output import CustomCall, FunctionCall, Item, Message, Reasoning, Status
from gateway.dialects.openai_responses.reply import (
    FAILED,
    ReplyForm,
    ResponseHead,
    failure_json,
    service_tier,
    status_of,
    usage_json,
)
from gateway.dialects.stream import Verdict
from gateway.errors import GatewayError, StreamBroken

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
        self._has_begun = False

    def read(self, events: list[Event]) -> list[Event]:
        """Return the events in the order and form in which `write` takes them."""
        events = self._sequence.read(events)
        return events if self._answer is None else self._answer.read(events)

    def write(self, event: Event) -> list[Json]:
        """Return the response's events for one of the grammar's; nothing once there is a verdict."""
        if self.verdict is not None:
            return []
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
                return self._fail(event.error)
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
                tool = self._form.client_tool(event.start["name"])
                call_id = event.start["toolUseId"]
                if tool.is_custom:
                    return self._open(CustomCall(*self._name("ctc"), call_id, tool))
                return self._open(FunctionCall(*self._name("fc"), call_id, tool))
            case kind:
                return self._fail(StreamBroken(f"The model answered with {kind}, which Responses cannot carry here."))

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
        self._output.append(events[-1]["item"])
        return events

    def _stop(self, event: MessageStop) -> list[Json]:
        usage = {"usage": usage_json(event.usage)} if event.usage else {}
        if event.stop_reason in FAILED:
            said = f"The model's output could not be used: Bedrock stopped with {event.stop_reason}."
            error = StreamBroken(said)
            self.verdict = Verdict(error, event.stop_reason, event.usage)
            return self._failed(error, **usage)
        self.verdict = Verdict(stop_reason=event.stop_reason, usage=event.usage)
        status, details = status_of(event.stop_reason)
        closing = self._close("incomplete" if details else "completed")
        tier = service_tier(event.metadata)
        self.response = self._head.response(status, self._output, incomplete_details=details, **usage, **tier)
        return [*closing, {"type": f"response.{status}", "response": self.response}]

    def _fail(self, error: GatewayError) -> list[Json]:
        self.verdict = Verdict(error=error)
        return self._failed(error)

    def _failed(self, error: GatewayError, **members: Any) -> list[Json]:
        """Return an `error` event, which the SDKs raise, and `response.failed`, which agents look for."""
        opening = [] if self._has_begun else self._begin()
        output = [*self._output, *([self.item.json("incomplete")] if self.item else [])]
        self.response = self._head.response("failed", output, error=failure_json(error), **members)
        told = error_json(error)["error"]
        # On OpenAI's wire the error is an object, in the SDKs' types its members stand alone: both are here.
        event = {"type": "error", **{name: told[name] for name in ("code", "message", "param")}, "error": told}
        return [*opening, event, {"type": "response.failed", "response": self.response}]
