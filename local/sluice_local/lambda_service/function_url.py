"""A function URL on this machine: HTTP requests become invocations, their answers stream back.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from sluice_local.http_server import Exchange, Handler, HttpServer, serve
from sluice_local.lambda_service.errors import Throttled
from sluice_local.lambda_service.function import LambdaFunction
from sluice_local.lambda_service.function_spec import MAX_PAYLOAD
from sluice_local.lambda_service.invocation import Invocation, new_trace_id
from sluice_local.lambda_service.url_answer import StreamFaults, UrlAnswer
from sluice_local.lambda_service.url_authorization import Forbidden, IamPrincipal, authorizer_of
from sluice_local.lambda_service.url_event import UrlContext, event_of

THROTTLED_BODY = (
    b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}'
)
_TOO_LARGE_BODY = b'{"Message":"Request Entity Too Large"}'
_FORBIDDEN_BODY = b'{"Message":"Forbidden"}'


@dataclass(frozen=True, slots=True)
class UrlSettings:
    """How a function URL behaves. With `principals` it is of AuthType AWS_IAM, by access key id; otherwise of NONE."""

    principals: Mapping[str, IamPrincipal] | None = None
    faults: StreamFaults = field(default_factory=StreamFaults)


class FunctionUrlEmulator:
    """One function's URL, on a plain port and, with a TLS context, on a TLS port at the same time."""

    def __init__(self, function: LambdaFunction, settings: UrlSettings | None = None) -> None:
        self.function = function
        self._settings = settings or UrlSettings()
        self._servers: list[HttpServer] = []

    async def start(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> HttpServer:
        """Listen on one more port. Raises OSError where it is taken."""
        scheme = "http" if tls is None else "https"
        server = await serve(
            self._handler(scheme), host=host, port=port, tls=tls, max_body=MAX_PAYLOAD, too_large=_refuse_size
        )
        self._servers.append(server)
        return server

    def kill_busy(self) -> int:
        """Kill each environment that is serving a request, as a failure of the platform would; return how many."""
        return self.function.kill_busy()

    async def close(self) -> None:
        """Stop listening and drop connections. The function lives on: it is closed by whoever made it."""
        for server in self._servers:
            await server.close()
        self._servers.clear()

    def _handler(self, scheme: str) -> Handler:
        async def handle(exchange: Exchange) -> None:
            await self._invoke(exchange, scheme)

        return handle

    async def _invoke(self, exchange: Exchange, scheme: str) -> None:
        now = datetime.now(UTC)
        try:
            authorizer = self._authorizer(exchange, now)
        except Forbidden:
            await _refuse(exchange, 403, "AccessDeniedException", _FORBIDDEN_BODY)
            return
        request_id = str(uuid.uuid4())
        trace_id = exchange.request.header("x-amzn-trace-id") or new_trace_id()
        context = UrlContext(request_id, trace_id, scheme, exchange.local_port, now, authorizer)
        event = orjson.dumps(event_of(exchange.request, context))
        if len(event) > MAX_PAYLOAD:
            await _refuse_size(exchange)
            return
        answer = UrlAnswer(exchange, request_id, trace_id, self._settings.faults, self.function.say)
        try:
            await self.function.run(Invocation(event, answer, request_id=request_id, trace_id=trace_id))
        except Throttled:
            await _refuse(exchange, 429, "TooManyRequestsException", THROTTLED_BODY)

    def _authorizer(self, exchange: Exchange, now: datetime) -> dict[str, Any] | None:
        if self._settings.principals is None:
            return None
        return authorizer_of(exchange.request, self._settings.principals, self.function.spec.region, now)


async def _refuse_size(exchange: Exchange) -> None:
    await _refuse(exchange, 413, "RequestEntityTooLargeException", _TOO_LARGE_BODY)


async def _refuse(exchange: Exchange, status: int, kind: str, body: bytes) -> None:
    headers = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", kind),
        ("x-amzn-requestid", str(uuid.uuid4())),
    ]
    await exchange.respond(status, headers, body)
