"""A request's body as it arrives, and the sinks that take it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from sluice_local.http_body import Headers

# A body that nobody takes yet is held up to this many bytes, then the peer has to wait.
_BODY_HIGH_WATER = 64 * 1024


class BodyTruncated(ConnectionError):  # the name of the event
    """The request's body broke off before its end, or its framing broke; answered 400 where it escapes a handler."""


class BodySink(Protocol):
    """What takes a request's body as it arrives; `BodyStream.forward_to` calls it from the event loop."""

    def data(self, data: bytes, /) -> None:
        """Take the next bytes, never empty."""

    def end(self, trailers: Headers, /) -> None:
        """The body is complete."""

    def cut(self) -> None:
        """The body broke off."""


class BodyStream:
    """A request's body as it arrives: iterate over it, or hand it to a sink without a task in between."""

    def __init__(self, let_flow: Callable[[bool], None]) -> None:
        self.trailers: Headers = ()
        self.ended = False
        self.truncated = False
        self._let_flow = let_flow
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._wake: asyncio.Future[None] | None = None
        self._sink: BodySink | None = None

    def __aiter__(self) -> "BodyStream":
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes; `trailers` is set at the end. Raises `BodyTruncated`."""
        while not self._held:
            if self.ended:
                raise StopAsyncIteration
            if self.truncated:
                raise BodyTruncated("the request's body broke off before its end")
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        data = self._held.popleft()
        self._held_bytes -= len(data)
        if not self._held:
            self._let_flow(True)
        return data

    async def read(self) -> bytes:
        """Return the rest of the body. Raises `BodyTruncated`."""
        return b"".join([data async for data in self])

    def forward_to(self, sink: BodySink) -> None:
        """Give everything from here on to `sink`, what is held first."""
        while self._held:
            sink.data(self._held.popleft())
        self._sink = sink
        self._let_flow(True)
        if self.ended:
            sink.end(self.trailers)
        elif self.truncated:
            sink.cut()

    def pause(self) -> None:
        """Make the peer wait."""
        self._let_flow(False)

    def resume(self) -> None:
        """Let the peer go on."""
        self._let_flow(True)

    def feed(self, data: bytes) -> None:
        """Take bytes off the wire."""
        if self._sink is not None:
            self._sink.data(data)
            return
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > _BODY_HIGH_WATER:
            self._let_flow(False)
        self._notify()

    def finish(self, trailers: Headers) -> None:
        """Take the body's end off the wire."""
        self.ended, self.trailers = True, trailers
        if self._sink is not None:
            self._sink.end(trailers)
        self._notify()

    def break_off(self) -> None:
        """Learn that the rest will not come."""
        if self.ended or self.truncated:
            return
        self.truncated = True
        if self._sink is not None:
            self._sink.cut()
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class Collector:
    """Gathers a body up to a limit, for handlers that want it whole."""

    def __init__(self, limit: int, complete: Callable[[bytes], None], too_large: Callable[[], None]) -> None:
        self._limit = limit
        self._complete = complete
        self._too_large = too_large
        self._gathered = bytearray()
        self._over = False

    def data(self, data: bytes) -> None:
        """Take bytes, up to the limit."""
        if self._over:
            return
        self._gathered += data
        if len(self._gathered) > self._limit:
            self.overflow()

    def overflow(self) -> None:
        """Give up: the body is over the limit."""
        self._over = True
        self._gathered.clear()
        self._too_large()

    def end(self, _trailers: Headers) -> None:
        """Hand the body over."""
        if not self._over:
            self._complete(bytes(self._gathered))

    def cut(self) -> None:
        """Forget the body."""
        self._gathered.clear()


class Discarding:
    """Takes the rest of a body that nobody wants."""

    def data(self, _data: bytes) -> None:
        """Drop it."""

    def end(self, _trailers: Headers) -> None:
        """Nobody waits for it."""

    def cut(self) -> None:
        """Nobody waits for it."""
