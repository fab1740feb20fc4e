"""Invokes one Lambda function, by hand as with DynamoDB (docs/decisions/0006).

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote

import orjson

from gateway.aws.connection import Endpoint
from gateway.aws.credentials import CredentialSource
from gateway.aws.sigv4 import signed_headers
from gateway.errors import GatewayError

# How long Lambda may take to accept an event: it answers before the function runs.
_ACCEPT_PATIENCE = 5.0


class InvocationFailed(Exception):
    """The function was not invoked, failed, or did not answer in time; the message says what happened."""


class LambdaFunction:
    """One function of this account, by name or ARN."""

    def __init__(
        self,
        endpoint: Endpoint,
        name: str,
        credentials: CredentialSource,
        region: str,
        clock: Callable[[], float],
    ) -> None:
        self._endpoint = endpoint
        self._path = f"{endpoint.path_prefix}/2015-03-31/functions/{quote(name, safe='')}/invocations"
        self._credentials = credentials
        self._region = region
        self._clock = clock

    def invoke(self, event: object, patience: float) -> Any:
        """Invoke it and return its answer's JSON, waiting for at most `patience` seconds.

        Raises:
            InvocationFailed: there is no answer. The function may run on all the same.
        """
        return self._ask(event, "RequestResponse", patience)

    def start(self, event: object) -> None:
        """Have it invoked without waiting for its answer; Lambda tries again by itself.

        Raises:
            InvocationFailed: Lambda did not take the event.
        """
        self._ask(event, "Event", _ACCEPT_PATIENCE)

    def _ask(self, event: object, kind: Literal["RequestResponse", "Event"], patience: float) -> Any:
        until = time.monotonic() + patience
        body = orjson.dumps(event)
        headers = {
            "host": self._endpoint.host_header,
            "content-type": "application/json",
            "x-amz-invocation-type": kind,
        }
        try:
            pending = self._endpoint.send("POST", self._path, self._signed(headers, body), body)
            try:
                head = pending.head(patience)
                if head is None:
                    raise InvocationFailed(f"it did not answer within {patience:g} seconds")
                answer = pending.read_all(until - time.monotonic())
            finally:
                pending.close()
        except GatewayError as error:
            raise InvocationFailed(str(error)) from error
        if head.status >= 300 or "x-amz-function-error" in head.headers:
            error_type = head.headers.get("x-amzn-errortype") or head.headers.get("x-amz-function-error", "")
            raise InvocationFailed(f"{head.status} {error_type}: {_message(answer)}")
        try:
            return orjson.loads(answer) if answer else None
        except orjson.JSONDecodeError as error:
            raise InvocationFailed("its answer is no JSON") from error

    def _signed(self, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
        return signed_headers(
            "POST",
            self._path,
            headers,
            body,
            self._credentials(),
            service="lambda",
            region=self._region,
            now=self._clock(),
        )


def _message(answer: bytes) -> str:
    """Return what Lambda (`Message`, `message`) or the function's error document (`errorMessage`) says."""
    try:
        document = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return ""
    names = ("errorMessage", "Message", "message")
    return next((str(document[name]) for name in names if name in document), "") if isinstance(document, dict) else ""
