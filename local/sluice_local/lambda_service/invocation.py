"""One invocation: what the runtime is given, and what takes its answer."""

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sluice_local.lambda_service.errors import FunctionError


class Receiver(Protocol):
    """Takes an invocation's answer as it comes: `begin`, `data`… and `end`, or `fail` at any time. Never waits.

    streams: whether it passes a streamed answer on; otherwise the answer is limited as a buffered one is.
    """

    streams: bool

    def begin(self, content_type: str, *, streaming: bool) -> None:
        """Learn what the runtime is going to send."""

    def data(self, data: bytes, /) -> bool:
        """Take the next bytes; False asks to hold back the rest until `when_ready` calls back."""

    def when_ready(self, callback: Callable[[], None], /) -> None:
        """Call back once there is room for more."""

    def end(self, error: FunctionError | None, /) -> None:
        """The answer is complete; `error` is what its trailers say."""

    def fail(self, error: FunctionError, /) -> None:
        """There is no answer, or no rest of it."""


class Invocation:
    """An event on its way to a runtime. Whatever ends it first is its outcome; what comes later is not passed on."""

    def __init__(
        self,
        event: bytes,
        receiver: Receiver,
        *,
        request_id: str | None = None,
        trace_id: str | None = None,
        client_context: str | None = None,
    ) -> None:
        self.event = event
        self.request_id = request_id or str(uuid.uuid4())
        self.invocation_id = str(uuid.uuid4())
        self.trace_id = trace_id or new_trace_id()
        self.client_context = client_context
        self.deadline_ms = 0  # epoch milliseconds, set when a runtime takes the invocation
        self.over = False
        self.error: FunctionError | None = None
        self._receiver = receiver
        self._outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def streams(self) -> bool:
        """Whether a streamed answer is passed on as it comes."""
        return self._receiver.streams

    async def outcome(self) -> None:
        """Wait until the invocation is over."""
        await self._outcome

    def begin(self, content_type: str, *, streaming: bool) -> None:
        """Learn what the runtime is going to send."""
        if not self.over:
            self._receiver.begin(content_type, streaming=streaming)

    def data(self, data: bytes) -> bool:
        """Pass bytes on; False asks the runtime to wait."""
        return self.over or self._receiver.data(data)

    def when_ready(self, callback: Callable[[], None]) -> None:
        """Call back once there is room for more."""
        self._receiver.when_ready(callback)

    def end(self, error: FunctionError | None = None) -> None:
        """End with a complete answer; `error` is what its trailers say."""
        if self._close(error):
            self._receiver.end(error)

    def fail(self, error: FunctionError) -> None:
        """End without a (whole) answer."""
        if self._close(error):
            self._receiver.fail(error)

    def _close(self, error: FunctionError | None) -> bool:
        if self.over:
            return False
        self.over, self.error = True, error
        if not self._outcome.done():  # cancelled where nobody waits any more
            self._outcome.set_result(None)
        return True


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What a direct invoke gives back; with `error` the payload is Lambda's error document."""

    payload: bytes
    error: bool


class WholeAnswer:
    """Gathers an answer, however it is sent, for callers that want it whole."""

    streams = False

    def __init__(self) -> None:
        self.result = InvokeResult(b"", error=False)
        self._gathered = bytearray()

    def begin(self, content_type: str, *, streaming: bool) -> None:
        """Whole is whole."""

    def data(self, data: bytes, /) -> bool:
        """Gather."""
        self._gathered += data
        return True

    def when_ready(self, callback: Callable[[], None], /) -> None:
        """There is always room: the Runtime API limits what is not passed on."""
        callback()

    def end(self, error: FunctionError | None, /) -> None:
        """Keep the answer, or the error of its trailers."""
        self.result = InvokeResult(bytes(self._gathered), error=False)
        if error is not None:
            self.fail(error)

    def fail(self, error: FunctionError, /) -> None:
        """Keep the error."""
        self.result = InvokeResult(error.payload, error=True)


def new_trace_id() -> str:
    """Return the root of a new X-Ray trace."""
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
