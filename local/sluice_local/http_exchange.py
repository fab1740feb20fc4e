"""One request and its answer, as the handlers of `http_server` see them."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import h11

from sluice_local.http_body import Headers

_LAST_CHUNK = b"0\r\n\r\n"
REASONS = {status.value: status.phrase for status in HTTPStatus}
_BODILESS_STATUSES = (204, 304)
# A body that nobody takes yet is held up to this many bytes, then the peer has to wait.
_BODY_HIGH_WATER = 64 * 1024


class PeerGone(ConnectionError):  # noqa: N818  # an event of the peer's, not an error of ours
    """The peer closed or reset the connection; a handler may let it escape."""


class BodyTruncated(ConnectionError):  # noqa: N818  # the name of the event
    """The request's body broke off before its end, or its framing broke; answered 400 where it escapes a handler."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: `target` raw as sent, with its query; header names lower-cased, duplicates kept; `peer` an address."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    peer: str

    def header(self, name: str) -> str | None:
        """Return the first header of that lower-case name."""
        return next((value for known, value in self.headers if known == name), None)


class Wire:
    """The writing half of a connection: bytes leave at once, and callers can wait while the peer is slow."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.closed = False
        self._over = asyncio.Event()
        self._full = False
        self._waiting: list[Callable[[], None]] = []

    def write(self, data: bytes) -> bool:
        """Write now; False says that the peer is slow and that the next write should wait. Raises `PeerGone`."""
        if self.closed:
            raise PeerGone
        self.transport.write(data)
        return not self._full

    def when_writable(self, callback: Callable[[], None]) -> None:
        """Call back once the peer takes bytes again, or is gone; at once where it already does."""
        if self._full and not self.closed:
            self._waiting.append(callback)
        else:
            callback()

    async def drained(self) -> None:
        """Wait while the peer is slow. Raises `PeerGone`."""
        if self.transport.is_closing():
            await asyncio.sleep(0)  # lets the loop tell us that the connection is lost
        if self._full and not self.closed:
            done = asyncio.get_running_loop().create_future()
            self.when_writable(lambda: None if done.done() else done.set_result(None))
            await done
        if self.closed:
            raise PeerGone

    async def cut(self, *, reset: bool) -> None:
        """End the connection: with a TCP reset, or after what was written with a TCP end. Returns when it is over."""
        if self.closed:
            return
        if reset:
            linger_for_no_time = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
            self.transport.abort()
        else:
            self.transport.close()
        await self._over.wait()

    def set_full(self, full: bool) -> None:
        """Take the transport's word on whether its buffer is full."""
        self._full = full
        if not full:
            self._wake()

    def lost(self) -> None:
        """Take the transport's word that the connection is gone."""
        self.closed = True
        self._over.set()
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()


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


class Exchange:
    """One request and its answer: `respond`, or `start`, `send`… and `finish`.

    Writing raises `PeerGone` once the peer has left. An answer that a handler leaves unfinished is cut, never ended.
    """

    def __init__(self, request: HttpRequest, body: BodyStream, wire: Wire, parser: h11.Connection) -> None:
        self.request = request
        self.body = body  # with `stream_bodies`: the body as it arrives; otherwise over, and in `request.body`
        self.started = False
        self.finished = False
        self.must_close = False  # set before the answer starts, it makes this the connection's last request
        self._wire = wire
        self._parser = parser
        self._chunked = False
        self._bodiless = False

    @property
    def closed(self) -> bool:
        """Whether the peer is gone."""
        return self._wire.closed

    async def respond(self, status: int, headers: Iterable[tuple[str, str]], body: bytes = b"") -> None:
        """Send a whole answer; `content-length` is added."""
        head = self._head(status, [*headers, ("content-length", str(len(body)))])
        self.finished = True
        self._wire.write(head if self._bodiless else head + body)
        await self._wire.drained()

    async def start(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Begin a chunked answer; its head is on the wire on return."""
        self.begin(status, headers)
        await self._wire.drained()

    async def send(self, data: bytes) -> None:
        """Send one chunk at once, then wait while the peer is slow. Empty data is nothing, not the end."""
        self.write(data)
        await self._wire.drained()

    async def finish(self) -> None:
        """End the answer."""
        self.end()
        await self._wire.drained()

    async def abort(self, *, reset: bool = True) -> None:
        """Cut the answer off without its final chunk: by a TCP reset, or by a plain TCP end."""
        self.started = self.finished = self.must_close = True
        await self._wire.cut(reset=reset)

    async def send_raw(self, data: bytes) -> None:
        """Send bytes past the HTTP framing, to show a fault; allowed before `start` too."""
        self.started = True
        self._wire.write(data)
        await self._wire.drained()

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Do as `start` does, without waiting."""
        self._wire.write(self._head(status, headers))

    def write(self, data: bytes) -> bool:
        """Do as `send` does, without waiting; False asks the caller to wait (`when_writable`) before the next."""
        if not data or self._bodiless:
            return True
        # h11 would make two event objects of each chunk; the framing is six bytes.
        return self._wire.write(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)

    def end(self) -> None:
        """Do as `finish` does, without waiting."""
        self.finished = True
        if self._chunked and not self._bodiless:
            self._wire.write(_LAST_CHUNK)

    def when_writable(self, callback: Callable[[], None]) -> None:
        """Call back once the peer takes bytes again, or is gone; at once where it already does."""
        self._wire.when_writable(callback)

    def _head(self, status: int, headers: Iterable[tuple[str, str]]) -> bytes:
        encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
        if self.must_close:
            encoded.append((b"connection", b"close"))
        reason = REASONS.get(status, "")
        head = self._parser.send(h11.Response(status_code=status, headers=encoded, reason=reason)) or b""
        self.started = True
        lines = head.lower()
        self._chunked = b"\r\ntransfer-encoding: chunked\r\n" in lines
        self._bodiless = self.request.method == "HEAD" or status in _BODILESS_STATUSES
        self.must_close = b"\r\nconnection: close\r\n" in lines
        return head
