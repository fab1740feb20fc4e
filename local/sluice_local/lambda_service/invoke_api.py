"""Lambda's own API, as far as invoking goes, for the SDKs' Lambda clients and the AWS CLI.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import base64
import json
import re
import ssl
import time
import uuid
from collections.abc import Iterable
from urllib.parse import unquote

from sluice_local.bedrock_runtime.authentication import Credentials, authenticate
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.http_server import Exchange, HttpServer, serve
from sluice_local.lambda_service.errors import Throttled
from sluice_local.lambda_service.function import LambdaFunction
from sluice_local.lambda_service.function_spec import MAX_PAYLOAD, VERSION
from sluice_local.lambda_service.function_url import THROTTLED_BODY
from sluice_local.lambda_service.invocation import Invocation, WholeAnswer

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


class InvokeApi:
    """Invokes functions by name or ARN. With `credentials` a request must be signed with one of them."""

    def __init__(self, functions: Iterable[LambdaFunction], credentials: Credentials | None = None) -> None:
        self._functions = {function.spec.name: function for function in functions}
        self._credentials = credentials
        self._servers: list[HttpServer] = []
        self._background: set[asyncio.Task[None]] = set()

    async def start(self, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> HttpServer:
        """Listen on one more port. Raises OSError where it is taken."""
        server = await serve(self._handle, host=host, port=port, tls=tls, max_body=MAX_PAYLOAD, too_large=_refuse_size)
        self._servers.append(server)
        return server

    async def close(self) -> None:
        """Stop listening and drop what still runs. The functions live on: they are closed by whoever made them."""
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for server in self._servers:
            await server.close()

    async def _handle(self, exchange: Exchange) -> None:
        match = _INVOKE.fullmatch(exchange.request.target.partition("?")[0])
        if match is None or exchange.request.method != "POST":
            await _refuse(exchange, 404, "UnknownOperationException", "This emulator of Lambda knows Invoke only")
            return
        name = unquote(match[1])
        function = self._functions.get(name.partition(":function:")[2] or name)
        if function is None:
            message = f"Function not found: {name}. There are: {', '.join(sorted(self._functions))}"
            await _refuse(exchange, 404, "ResourceNotFoundException", message)
            return
        try:
            self._authenticate(exchange, function)
        except ServiceError as error:
            await _refuse(exchange, error.status, error.name, error.message)
            return
        try:
            json.loads(exchange.request.body or b"{}")
        except ValueError as error:
            await _refuse(exchange, 400, "InvalidRequestContentException", f"Could not parse request body: {error}")
            return
        await self._invoke(exchange, function)

    def _authenticate(self, exchange: Exchange, function: LambdaFunction) -> None:
        if self._credentials is not None:
            authenticate(exchange.request, self._credentials, (function.spec.region,), time.time(), "lambda")

    async def _invoke(self, exchange: Exchange, function: LambdaFunction) -> None:
        event = exchange.request.body or b"{}"
        context = exchange.request.header("x-amz-client-context")
        answer = WholeAnswer()
        invocation = Invocation(
            event,
            answer,
            trace_id=exchange.request.header("x-amzn-trace-id"),
            client_context=base64.b64decode(context).decode() if context else None,
        )
        match exchange.request.header("x-amz-invocation-type") or "RequestResponse":
            case "DryRun":
                await exchange.respond(204, _headers(invocation))
            case "Event":
                self._run_in_background(function, invocation)
                await exchange.respond(202, _headers(invocation))
            case _:
                await _run(exchange, function, invocation, answer)

    def _run_in_background(self, function: LambdaFunction, invocation: Invocation) -> None:
        async def run() -> None:
            try:
                await function.run(invocation)
            except Throttled:
                function.say(f"The event of request {invocation.request_id} was dropped: too many at once")

        task = asyncio.ensure_future(run())
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _run(exchange: Exchange, function: LambdaFunction, invocation: Invocation, answer: WholeAnswer) -> None:
    try:
        await function.run(invocation)
    except Throttled:
        headers = [("content-type", "application/json"), ("x-amzn-errortype", "TooManyRequestsException")]
        await exchange.respond(429, headers, THROTTLED_BODY)
        return
    headers = [("content-type", "application/json"), ("x-amz-executed-version", VERSION), *_headers(invocation)]
    if answer.result.error:
        headers.append(("x-amz-function-error", "Unhandled"))
    await exchange.respond(200, headers, answer.result.payload)


def _headers(invocation: Invocation) -> list[tuple[str, str]]:
    return [("x-amzn-requestid", invocation.request_id), ("x-amzn-trace-id", invocation.trace_id)]


async def _refuse_size(exchange: Exchange) -> None:
    await _refuse(exchange, 413, "RequestTooLargeException", f"Request must be smaller than {MAX_PAYLOAD} bytes")


async def _refuse(exchange: Exchange, status: int, kind: str, message: str) -> None:
    headers = [
        ("content-type", "application/json"),
        ("x-amzn-errortype", kind),
        ("x-amzn-requestid", str(uuid.uuid4())),
    ]
    await exchange.respond(status, headers, json.dumps({"Type": "User", "Message": message}).encode())
