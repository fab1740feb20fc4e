"""The way of an answer from a runtime's POST to whoever takes it, a piece at a time and never faster than that one."""

import asyncio
import base64
import binascii
import re
from dataclasses import dataclass

from sluice_local.http_server import BodyStream, Headers
from sluice_local.lambda_service.errors import RESPONSE_TOO_LARGE, FunctionError
from sluice_local.lambda_service.function_spec import MAX_PAYLOAD
from sluice_local.lambda_service.invocation import Invocation
from sluice_local.lambda_service.pace import TokenBucket

_TYPE_TRAILER = "lambda-runtime-function-error-type"
_BODY_TRAILER = "lambda-runtime-function-error-body"
_KNOWN_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the Runtime API that is not a yes."""

    status: int
    kind: str
    message: str


class Refused(Exception):  # what the Runtime API does
    """A call of the runtime's was refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


TOO_LARGE = Refusal(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes).")
TRUNCATED = Refusal(400, "TruncatedHTTPRequest", "HTTP request detected as truncated")
GONE = Refusal(410, "InvocationGone", "The invocation is over; its answer is no longer wanted")


class ResponseRelay:
    """Takes a request's body off the runtime's connection and hands it to the invocation.

    It reads on only when the receiver has room and the bucket allows it, so nothing gathers here.
    """

    def __init__(
        self, invocation: Invocation, body: BodyStream, limit: int | None, bucket: TokenBucket | None = None
    ) -> None:
        self._invocation = invocation
        self._body = body
        self._left = limit
        self._bucket = bucket
        self._holds = 0
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[Refusal | None] = self._loop.create_future()

    async def run(self) -> None:
        """Relay to the end. Raises `Refused` where the runtime is owed anything but "accepted"."""
        self._body.forward_to(self)
        if (refusal := await self._outcome) is not None:
            raise Refused(refusal)

    def give_up(self, refusal: Refusal) -> None:
        """End before the body does."""
        if not self._outcome.done():
            self._outcome.set_result(refusal)

    def data(self, data: bytes) -> None:
        """Pass bytes on, then hold the runtime back where it must wait."""
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                self._refuse_size()
                return
        if not self._invocation.data(data):
            self._hold()
            self._invocation.when_ready(self._release)
        if self._bucket is not None and (seconds := self._bucket.take(len(data))):
            self._hold()
            self._loop.call_later(seconds, self._release)

    def end(self, trailers: Headers) -> None:
        """Pass the end on, with the error that the trailers tell of."""
        if not self._outcome.done():
            self._invocation.end(error_of(trailers))
            self._outcome.set_result(None)

    def cut(self) -> None:
        """Learn that the runtime broke off."""
        self.give_up(TRUNCATED)

    def _refuse_size(self) -> None:
        message = f"Response payload size exceeded maximum allowed payload size ({MAX_PAYLOAD} bytes)."
        self._invocation.fail(FunctionError.of(RESPONSE_TOO_LARGE, message))
        self.give_up(TOO_LARGE)

    def _hold(self) -> None:
        self._holds += 1
        self._body.pause()

    def _release(self) -> None:
        self._holds -= 1
        if not self._holds:
            self._body.resume()


def error_of(trailers: Headers) -> FunctionError | None:
    """Read the error that a streamed answer ended in. An unknown type is folded, broken details are dropped."""
    fields = dict(trailers)
    if _TYPE_TRAILER not in fields:
        return None
    kind = fields[_TYPE_TRAILER]
    if not _KNOWN_TYPE.fullmatch(kind):
        kind = "Runtime.Unknown" if kind.startswith("Runtime.") else "Function.Unknown"
    try:
        payload = base64.b64decode(fields.get(_BODY_TRAILER, ""), validate=True)
    except binascii.Error:
        payload = b""
    return FunctionError(kind, payload)
