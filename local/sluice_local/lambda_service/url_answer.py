"""Sends a function's answer to a function URL's client while the function makes it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal

from sluice_local.http_server import Exchange, PeerGone
from sluice_local.lambda_service.errors import FunctionError
from sluice_local.lambda_service.http_integration import (
    INTEGRATION_CONTENT_TYPE,
    AnswerHead,
    InvalidAnswer,
    PreludeReader,
    buffered_answer,
)

INTERNAL_SERVER_ERROR = b'{"Message":"Internal Server Error"}'


@dataclass(frozen=True, slots=True)
class StreamFaults:
    """What a client sees of a streamed answer that goes wrong after its first byte.

    on_sandbox_death: the function timed out, crashed or was killed. "truncate" ends the answer as if it were complete,
        the worst that a client may have to tell apart; "abort" resets the connection.
    on_function_error: the runtime ended its answer with error trailers. HTTP/1.1 clients do not see them: "end" ends
        the answer as usual, "abort" resets the connection.
    """

    on_sandbox_death: Literal["truncate", "abort"] = "truncate"
    on_function_error: Literal["end", "abort"] = "end"


@dataclass(slots=True)
class UrlAnswer:
    """The receiver of an invocation that came through a function URL."""

    exchange: Exchange
    request_id: str
    trace_id: str
    faults: StreamFaults
    log: Callable[[str], None]
    streams: bool = field(default=True, init=False)
    _take: Callable[[bytes], bool] = field(init=False)
    _prelude: PreludeReader = field(default_factory=PreludeReader, init=False)
    _whole: bytearray = field(default_factory=bytearray, init=False)
    _begun: bool = field(default=False, init=False)
    _empty: bool = field(default=True, init=False)

    def begin(self, content_type: str, *, streaming: bool) -> None:
        """Choose how to read what comes."""
        if not streaming:
            self._take = self._gather
        elif content_type == INTEGRATION_CONTENT_TYPE:
            self._take = self._read_prelude
        else:
            self._take = self._pass_on
            with suppress(PeerGone):
                self._begin_body(AnswerHead(200, (("content-type", content_type),), ()), b"")

    def data(self, data: bytes, /) -> bool:
        """Take the next bytes. Those for a client that has left are dropped: Lambda does not tell the function."""
        try:
            return self._take(data)
        except PeerGone:
            return True

    def when_ready(self, callback: Callable[[], None], /) -> None:
        """Call back once the client takes more."""
        self.exchange.when_writable(callback)

    def end(self, error: FunctionError | None, /) -> None:
        """End the answer."""
        with suppress(PeerGone):
            if self._begun:
                self._end_body(error)
            else:
                self._answer_whole(error)

    def fail(self, error: FunctionError, /) -> None:
        """Answer with an error, or break off what has begun."""
        with suppress(PeerGone):
            if not self._begun:
                self._refuse(f"The function failed: {error.payload.decode('utf-8', 'replace')}")
            elif self.faults.on_sandbox_death == "abort":
                self.exchange.break_off()
            else:
                self.exchange.end()

    def _gather(self, data: bytes) -> bool:
        self._whole += data
        return True

    def _read_prelude(self, data: bytes) -> bool:
        try:
            found = self._prelude.feed(data)
        except InvalidAnswer as error:
            self._take = _drop
            self._refuse(f"The function's answer is invalid: {error}")
            return True
        if found is None:
            return True
        self._take = self._pass_on
        return self._begin_body(*found)

    def _pass_on(self, data: bytes) -> bool:
        self._empty = False
        return self.exchange.write(data)

    def _begin_body(self, head: AnswerHead, data: bytes) -> bool:
        self._begun, self._empty = True, not data
        return self.exchange.begin(head.status, self._headers(head, "application/octet-stream"), data)

    def _end_body(self, error: FunctionError | None) -> None:
        if self._empty:
            self.log("The streamed answer has no body; on AWS, clients of such an answer may hang for minutes")
        if error is not None:
            details = error.payload.decode("utf-8", "replace")
            self.log(f"The streamed answer ended with an error, which the client cannot see: {error.kind} {details}")
        if error is not None and self.faults.on_function_error == "abort":
            self.exchange.break_off()
        else:
            self.exchange.end()

    def _answer_whole(self, error: FunctionError | None) -> None:
        if error is not None:
            self._refuse(f"The function failed: {error.payload.decode('utf-8', 'replace')}")
        elif self._take != self._gather:
            self._refuse("The function's answer is invalid: it ended before its prelude")
        else:
            self._answer_document()

    def _answer_document(self) -> None:
        try:
            head, body = buffered_answer(bytes(self._whole))
        except InvalidAnswer as invalid:
            self._refuse(f"The function's answer is invalid: {invalid}")
        else:
            self.exchange.reply(head.status, self._headers(head, "application/json"), body)

    def _refuse(self, why: str) -> None:
        if self.exchange.finished:
            return  # an answer that was found invalid has been refused already
        self.log(why)
        head = AnswerHead(502, (), ())
        self.exchange.reply(502, self._headers(head, "application/json"), INTERNAL_SERVER_ERROR)

    def _headers(self, head: AnswerHead, default_content_type: str) -> list[tuple[str, str]]:
        return [
            ("date", formatdate(usegmt=True)),
            *head.client_headers(default_content_type),
            ("x-amzn-requestid", self.request_id),
            ("x-amzn-trace-id", self.trace_id),
        ]


def _drop(_data: bytes) -> bool:
    return True
