"""The Runtime API of one execution environment, as its runtime calls it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and, for streaming,
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

from sluice_local.http_server import Exchange
from sluice_local.lambda_service.errors import (
    INVALID_RESPONSE_MODE,
    TRUNCATED_RESPONSE,
    FunctionError,
    InvalidTransition,
)
from sluice_local.lambda_service.function_spec import MAX_PAYLOAD, FunctionSpec
from sluice_local.lambda_service.invocation import Invocation
from sluice_local.lambda_service.pace import Pace, TokenBucket
from sluice_local.lambda_service.response_relay import GONE, TOO_LARGE, TRUNCATED, Refusal, Refused, ResponseRelay
from sluice_local.lambda_service.runtime_state import RuntimeState, State

_JSON = [("content-type", "application/json")]
_ACCEPTED = b'{"status":"OK"}\n'
_NOT_FOUND = b"404 page not found\n"
_NEXT, _RESPONSE, _ERROR, _INIT_ERROR, _RESTORE_NEXT, _RESTORE_ERROR = (
    re.compile("/2018-06-01/runtime" + path)
    for path in (
        r"/invocation/next",
        r"/invocation/([^/]+)/response",
        r"/invocation/([^/]+)/error",
        r"/init/error",
        r"/restore/next",
        r"/restore/error",
    )
)
_Answer = Callable[..., Awaitable[None]]
# A runtime that dies breaks its answer off a moment before its exit is known, and the exit tells more.
_EXIT_GRACE_SECONDS = 0.1


class RuntimeEvents(Protocol):
    """What an environment learns from its runtime's calls."""

    def ready(self) -> None:
        """The runtime asks for its next invocation."""

    def init_failed(self, error: FunctionError) -> None:
        """The runtime could not initialise."""


class RuntimeApi:
    """Answers one runtime. `deliver` hands it an invocation, once it has asked for one."""

    def __init__(self, spec: FunctionSpec, events: RuntimeEvents, pace: Pace | None) -> None:
        self._spec = spec
        self._events = events
        self._pace = pace
        self._state = RuntimeState()
        self._invocation: Invocation | None = None
        self._relay: ResponseRelay | None = None
        self._asking: list[tuple[Exchange, asyncio.Future[None]]] = []
        self._routes: tuple[tuple[re.Pattern[str], str, _Answer], ...] = (
            (_NEXT, "GET", self._next),
            (_RESPONSE, "POST", self._response),
            (_ERROR, "POST", self._error),
            (_INIT_ERROR, "POST", self._init_error),
            (_RESTORE_NEXT, "GET", self._restore_next),
            (_RESTORE_ERROR, "POST", self._init_error),
        )

    async def handle(self, exchange: Exchange) -> None:
        """Answer one call; the handler of an HTTP server that streams bodies."""
        for pattern, method, answer in self._routes:
            if match := pattern.fullmatch(exchange.request.target.partition("?")[0]):
                if exchange.request.method != method:
                    await exchange.respond(405, [("allow", method)])
                else:
                    await self._answer(answer, exchange, *match.groups())
                return
        await exchange.respond(404, [("content-type", "text/plain")], _NOT_FOUND)

    def deliver(self, invocation: Invocation) -> None:
        """Give the runtime, which must be ready, its next invocation."""
        self._state.move(State.RUNNING)
        self._invocation = invocation
        asking, self._asking = self._asking, []
        for exchange, answered in asking:
            if not exchange.closed:
                self._give_invocation(exchange, invocation)
            answered.set_result(None)

    def abandon(self) -> None:
        """Stop waiting for the current invocation's answer; if it comes after all, it gets a 410."""
        self._invocation = None
        if self._relay is not None:
            self._relay.give_up(GONE)
        if self._state.current is not State.SENT:
            self._state.move(State.SENT)

    async def _answer(self, answer: _Answer, exchange: Exchange, *request_id: str) -> None:
        try:
            await answer(exchange, *request_id)
        except Refused as refused:
            await _refuse(exchange, refused.refusal)
        except InvalidTransition as error:
            await _refuse(exchange, Refusal(403, "InvalidStateTransition", str(error)))

    async def _next(self, exchange: Exchange) -> None:
        if self._state.current is State.RUNNING and self._invocation is not None:
            self._give_invocation(exchange, self._invocation)
            return
        self._state.move(State.READY)
        answered = asyncio.get_running_loop().create_future()
        self._asking.append((exchange, answered))
        self._events.ready()
        await answered

    async def _response(self, exchange: Exchange, request_id: str) -> None:
        invocation = self._current(exchange, request_id)
        self._state.move(State.RESPONDING)
        mode = exchange.request.header("lambda-runtime-function-response-mode")
        if mode not in (None, "streaming"):
            message = f"Invalid function response mode: {mode}"
            invocation.fail(FunctionError.of(INVALID_RESPONSE_MODE, message))
            raise Refused(Refusal(400, "InvalidFunctionResponseMode", "Invalid function response mode"))
        try:
            await self._relay_response(exchange, invocation, streaming=mode is not None)
        except Refused as refused:
            if refused.refusal is TRUNCATED:
                await self._fail_truncated(invocation)
            elif refused.refusal is TOO_LARGE:
                self._state.move(State.SENT)
            raise
        self._state.move(State.SENT)
        await exchange.respond(202, _JSON, _ACCEPTED)

    async def _relay_response(self, exchange: Exchange, invocation: Invocation, *, streaming: bool) -> None:
        content_type = exchange.request.header("content-type") or "application/octet-stream"
        invocation.begin(content_type, streaming=streaming)
        unlimited = streaming and invocation.streams
        bucket = TokenBucket(self._pace, asyncio.get_running_loop().time) if unlimited and self._pace else None
        self._relay = ResponseRelay(invocation, exchange.body, None if unlimited else MAX_PAYLOAD, bucket)
        try:
            await self._relay.run()
        finally:
            self._relay = None

    async def _fail_truncated(self, invocation: Invocation) -> None:
        await asyncio.sleep(_EXIT_GRACE_SECONDS)
        invocation.fail(FunctionError.of(TRUNCATED_RESPONSE, "The runtime broke its response off"))

    async def _error(self, exchange: Exchange, request_id: str) -> None:
        invocation = self._current(exchange, request_id)
        self._state.move(State.RESPONDING_ERROR)
        error = await _reported_error(exchange)
        invocation.fail(error)
        self._state.move(State.SENT)
        await exchange.respond(202, _JSON, _ACCEPTED)

    async def _init_error(self, exchange: Exchange) -> None:
        self._state.move(State.INIT_ERROR)
        self._events.init_failed(await _reported_error(exchange))
        await exchange.respond(202, _JSON, _ACCEPTED)

    async def _restore_next(self, exchange: Exchange) -> None:
        if not self._spec.snap_start:
            await exchange.respond(404, [("content-type", "text/plain")], _NOT_FOUND)
            return
        self._state.move(State.RESTORE_READY)
        await exchange.respond(200, _JSON)

    def _current(self, exchange: Exchange, request_id: str) -> Invocation:
        invocation = self._invocation
        claimed = exchange.request.header("lambda-runtime-invocation-id")
        if claimed is not None and (invocation is None or claimed != invocation.invocation_id):
            raise Refused(GONE)
        if invocation is None or request_id != invocation.request_id:
            raise Refused(Refusal(400, "InvalidRequestID", "Invalid request ID"))
        return invocation

    def _give_invocation(self, exchange: Exchange, invocation: Invocation) -> None:
        headers = [
            *_JSON,
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
            ("Lambda-Runtime-Invoked-Function-Arn", self._spec.arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
            ("Lambda-Runtime-Invocation-Id", invocation.invocation_id),
        ]
        if invocation.client_context is not None:
            # JSON in UTF-8, in a head whose bytes are letters of latin-1.
            headers.append(("Lambda-Runtime-Client-Context", invocation.client_context.encode().decode("latin-1")))
        exchange.reply(200, headers, invocation.event)


async def _reported_error(exchange: Exchange) -> FunctionError:
    payload = bytearray()
    async for data in exchange.body:
        payload += data
        if len(payload) > MAX_PAYLOAD:
            raise Refused(TOO_LARGE)
    kind = exchange.request.header("lambda-runtime-function-error-type")
    return FunctionError(kind or _error_type(bytes(payload)) or "Unhandled", bytes(payload))


def _error_type(payload: bytes) -> str | None:
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    kind = document.get("errorType") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None


async def _refuse(exchange: Exchange, refusal: Refusal) -> None:
    document = {"errorMessage": refusal.message, "errorType": refusal.kind}
    await exchange.respond(refusal.status, _JSON, json.dumps(document).encode() + b"\n")
