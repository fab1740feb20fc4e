"""awslambdaric's client, which also streams, survives a stale invocation, and ends the process on any other refusal."""

import gc
import logging
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from awslambdaric.lambda_runtime_client import InvocationRequest, LambdaRuntimeClient

from streaming_runtime.answer import Answer
from streaming_runtime.marshaller import OpenedStream, StreamingMarshaller
from streaming_runtime.runtime_api import ACCEPTED, GONE, OK, Connection, RuntimeApiError
from streaming_runtime.stream import post_stream

NEXT: Final = "invocation/next"
_MAX_CAUSE_BYTES: Final = 1024 * 1024  # what awslambdaric lets into the X-Ray header
_LOGGER = logging.getLogger(__name__)


class StreamingRuntimeClient(LambdaRuntimeClient):  # type: ignore[misc] # awslambdaric has no types
    """Talks to the Runtime API for `awslambdaric.bootstrap.run`.

    It takes invocations and posts what became of them by itself: the inherited calls raise on the 410 that a stale
    invocation gets, and their C code crashes when `/next` is refused.
    """

    def __init__(self, lambda_runtime_address: str) -> None:
        super().__init__(lambda_runtime_address)
        self.marshaller = StreamingMarshaller()
        self._is_started = False
        self._connection: Connection | None = None  # by which the current invocation came

    def wait_next_invocation(self) -> InvocationRequest:
        """The next invocation, whenever it comes."""
        if not self._is_started:
            self._is_started = True
            gc.freeze()  # collections pass by what the start has left
            gc.enable()
        answer = _asked(NEXT, self._next)
        if answer.status != OK:
            _end_process(NEXT, f"answered {answer}")
        headers = answer.headers
        return InvocationRequest(
            invoke_id=headers.get("lambda-runtime-aws-request-id"),
            x_amzn_trace_id=headers.get("lambda-runtime-trace-id"),
            invoked_function_arn=headers.get("lambda-runtime-invoked-function-arn"),
            deadline_time_in_ms=int(headers.get("lambda-runtime-deadline-ms", 0)),
            client_context=headers.get("lambda-runtime-client-context"),
            cognito_identity=headers.get("lambda-runtime-cognito-identity"),
            tenant_id=headers.get("lambda-runtime-aws-tenant-id"),
            content_type=headers.get("content-type"),
            event_body=answer.body,
            invocation_id=headers.get("lambda-runtime-invocation-id"),
        )

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: str | bytes | OpenedStream,
        content_type: str = "application/json",
        invocation_id: str | None = None,
    ) -> None:
        """Post what the marshaller made of a response: a stream while it is drawn, anything else as a whole."""
        path = f"invocation/{invoke_id}/response"
        headers = {"Content-Type": content_type, **_echo(invocation_id)}
        if not isinstance(result_data, OpenedStream):
            self._post(path, headers, result_data)
            return

        def post() -> Answer:
            with self._answering() as connection:
                return post_stream(connection, path, headers, result_data, invoke_id)

        try:
            _settle(path, _asked(path, post))
        finally:
            result_data.body.close()

    def post_invocation_error(
        self, invoke_id: str, error_response_data: str, xray_fault: str, invocation_id: str | None = None
    ) -> None:
        """Report an invocation that failed before the first byte of its answer."""
        headers = {"Content-Type": "application/json", **_echo(invocation_id)}
        if len(xray_fault.encode()) < _MAX_CAUSE_BYTES:
            headers["Lambda-Runtime-Function-XRay-Error-Cause"] = xray_fault
        self._post(f"invocation/{invoke_id}/error", headers, error_response_data)

    def _next(self) -> Answer:
        self._connection = connection = Connection(self.lambda_runtime_address)
        return connection.ask("GET", NEXT, {})

    def _answering(self) -> Connection:
        """The connection of `/next`, which saves a new one on the way to the first byte; a new one where it is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            if connection.is_usable():
                return connection
            connection.close()
        return Connection(self.lambda_runtime_address)

    def _post(self, path: str, headers: dict[str, str], body: str | bytes) -> None:
        data = body if isinstance(body, bytes) else body.encode()
        headers["Content-Length"] = str(len(data))

        def post() -> Answer:
            with self._answering() as connection:
                return connection.ask("POST", path, headers, data)

        _settle(path, _asked(path, post))


def _echo(invocation_id: str | None) -> dict[str, str]:
    # Sent back only where /next sent it; by it the platform tells the answer to an invocation that has timed out.
    return {"Lambda-Runtime-Invocation-Id": invocation_id} if invocation_id else {}


def _asked(path: str, request: Callable[[], Answer]) -> Answer:
    try:
        return request()
    except RuntimeApiError as error:
        _end_process(path, str(error))


def _settle(path: str, answer: Answer) -> None:
    if answer.status == GONE:
        _LOGGER.warning("%s: the Runtime API answered %s; the invocation was over before its answer", path, answer)
    elif answer.status != ACCEPTED:
        _end_process(path, f"answered {answer}")


def _end_process(path: str, what: str) -> NoReturn:
    # What the Runtime API expects now is unknown, and asking on would spin; Lambda starts anew within milliseconds.
    _LOGGER.error("%s: the Runtime API %s; the process ends", path, what)
    sys.exit(1)
