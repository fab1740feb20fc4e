"""One HTTP/1.1 connection: its requests, one after the other, and what is refused."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from sluice_local.http2_advice import ADVICE, PREFACE, refusal
from sluice_local.http_body import BodyDecoder, MalformedRequest, decoder_for
from sluice_local.http_body_stream import BodyStream, BodyTruncated, Collector, Discarding
from sluice_local.http_exchange import Exchange, HttpRequest
from sluice_local.http_head import response_head
from sluice_local.http_request_head import RequestHead, read_head
from sluice_local.http_wire import PeerGone, Wire

_logger = logging.getLogger("sluice_local.http_server")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
# Requests that a client sends ahead of their turn are held up to this many bytes.
_MAX_AHEAD = 64 * 1024
# How long a connection that is over is still read, so that the answer is not lost to a TCP reset (RFC 9112 §9.6).
_LINGER_SECONDS = 5.0

Handler = Callable[[Exchange], Awaitable[None]]


@dataclass(eq=False, slots=True)
class ServerSettings:
    """What the connections of one server share."""

    handler: Handler
    too_large: Handler
    max_body: int
    stream_bodies: bool
    connections: set["Connection"] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    advised: bool = False
    closing: bool = False

    def advise(self, occasion: str) -> None:
        """Say once per server what a client that insists on HTTP/2 has to set."""
        if not self.advised:
            self.advised = True
            _logger.warning("%s: %s.", occasion, ADVICE)


class Connection(asyncio.Protocol):
    """Reads requests and runs the handler on each; `_receive` is the state: what the next bytes are."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._receive: Callable[[bytes], None] = self._open
        self._opening = b""
        self._head = b""
        self._ahead = b""
        self._handling = False
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; asyncio has set TCP_NODELAY on the socket."""
        self._transport = cast(asyncio.Transport, transport)
        self._wire = Wire(self._transport)
        self._peer = transport.get_extra_info("peername")[0]
        # What `send` has returned from, the kernel has (over TLS all but 64 KiB). Not 0: asyncio's TLS takes that for
        # "always full". Last, because TLS may say at once that it is full.
        self._transport.set_write_buffer_limits(high=1)
        self._settings.connections.add(self)
        if self._settings.closing:
            self.abort()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    async def wait_lost(self) -> None:
        """Wait until the connection is gone."""
        await self._wire.wait_closed()

    def data_received(self, data: bytes) -> None:
        """Take bytes off the wire."""
        self._receive(data)

    def pause_writing(self) -> None:
        """Learn that the peer is slow."""
        self._wire.set_full(True)

    def resume_writing(self) -> None:
        """Learn that the peer takes bytes again."""
        self._wire.set_full(False)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Learn that the peer is gone. A handler that still runs goes on: it may have work to end."""
        self._settings.connections.discard(self)
        self._wire.lost()
        if self._receive == self._read_body:
            self._body.break_off()
        if self._receive == self._open and self._left_for_want_of_http2():
            self._settings.advise("A TLS client left without a request; if it found no protocol to speak")

    def _left_for_want_of_http2(self) -> bool:
        tls = self._transport.get_extra_info("ssl_object")
        return tls is not None and not self._opening and tls.selected_alpn_protocol() is None

    # What the next bytes are

    def _open(self, data: bytes) -> None:
        self._opening += data
        if self._opening.startswith(PREFACE[:14]):
            self._settings.advise("Refused an HTTP/2 connection")
            self._wire.write(refusal())
            self._linger()
        elif not PREFACE.startswith(self._opening):
            self._begin_head(self._opening)

    def _begin_head(self, data: bytes) -> None:
        self._head = b""
        self._receive = self._read_head
        self._read_head(data)

    def _read_head(self, data: bytes) -> None:
        self._head += data
        try:
            found = read_head(self._head)
        except MalformedRequest as error:
            self._refuse(error.status, str(error))
            return
        if found is not None:
            self._begin(*found)

    def _read_body(self, data: bytes) -> None:
        try:
            body = self._decoder.feed(data)
        except MalformedRequest:
            self._break_body()
            return
        if body:
            self._body.feed(body)
        if self._decoder.done:
            self._receive = self._hold
            if self._decoder.rest:
                self._hold(self._decoder.rest)
            self._body.finish(self._decoder.trailers)
            self._next_if_over()

    def _hold(self, data: bytes) -> None:
        self._ahead += data
        if len(self._ahead) > _MAX_AHEAD:
            self._transport.pause_reading()

    def _hold_for_next(self, data: bytes) -> None:
        self._hold(data)

    def _ignore(self, data: bytes) -> None:
        pass

    # From one request to the next

    def _begin(self, head: RequestHead, rest: bytes) -> None:
        request = HttpRequest(head.method, head.target, head.headers, b"", self._peer)
        self._decoder: BodyDecoder = decoder_for(head.headers)
        self._body = BodyStream(self._let_flow)
        self._exchange = Exchange(request, self._body, self._wire, http_1_0=head.is_http_1_0)
        self._awaits_continue = head.awaits_continue
        self._receive = self._read_body
        self._handling = True
        if self._settings.stream_bodies:
            self._handle(self._settings.handler)
        else:
            self._collect(int(request.header("content-length") or 0))
        if self._awaits_continue and not self._exchange.started:
            self._wire.write(_CONTINUE)
        if self._receive == self._read_body:
            self._read_body(rest)

    def _collect(self, announced: int) -> None:
        collector = Collector(self._settings.max_body, self._take_whole_body, self._refuse_body)
        if announced > self._settings.max_body:
            # A client that waits for "100 Continue" may or may not send its body now: nothing can follow.
            self._exchange.must_close |= self._awaits_continue
            collector.overflow()
        self._body.forward_to(collector)

    def _take_whole_body(self, body: bytes) -> None:
        head = self._exchange.request
        self._exchange.request = HttpRequest(head.method, head.target, head.headers, body, head.peer)
        self._handle(self._settings.handler)

    def _refuse_body(self) -> None:
        self._handle(self._settings.too_large)

    def _handle(self, handler: Handler) -> None:
        # Eager: the handler runs up to its first wait before this returns, which saves it a turn of the loop.
        task = asyncio.Task(self._run(handler, self._exchange), loop=self._loop, eager_start=True)
        if not task.done():
            self._settings.tasks.add(task)
            task.add_done_callback(self._settings.tasks.discard)

    async def _run(self, handler: Handler, exchange: Exchange) -> None:
        try:
            await _answer(handler, exchange)
        except PeerGone:
            pass
        finally:
            self._handling = False
            self._next_if_over()

    def _next_if_over(self) -> None:
        if self._handling or self._wire.closed:
            return
        if self._receive == self._read_body:
            self._drop_rest_of_body()
        elif self._receive == self._hold and self._exchange.must_close:
            self._linger()
        elif self._receive == self._hold:
            self._receive = self._hold_for_next
            # From the loop, not from here: a client's many requests in one read would each deepen the stack.
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        ahead, self._ahead = self._ahead, b""
        self._let_flow(True)
        self._receive = self._begin_head
        if ahead:
            self._begin_head(ahead)

    def _drop_rest_of_body(self) -> None:
        self._body.forward_to(Discarding())
        if self._exchange.must_close:
            self._linger()
        else:
            self._loop.call_later(_LINGER_SECONDS, self._close_if_still, self._body)

    def _close_if_still(self, body: BodyStream) -> None:
        if body is self._body and not body.ended:
            self._transport.close()

    # Refusals

    def _refuse(self, status: int, reason: str) -> None:
        body = f"{reason}\n".encode()
        headers = [("content-type", "text/plain"), ("content-length", str(len(body))), ("connection", "close")]
        self._wire.write(response_head(status, headers) + body)
        self._linger()

    def _break_body(self) -> None:
        self._exchange.must_close = True
        self._receive = self._hold
        self._body.break_off()
        if not self._settings.stream_bodies and not self._exchange.started:
            self._refuse(400, "the request's body is malformed")

    def _linger(self) -> None:
        self._receive = self._ignore
        self._let_flow(True)
        if self._transport.can_write_eof():
            # A peer that reset the connection is gone before the transport has read of it.
            with suppress(OSError):
                self._transport.write_eof()
        self._loop.call_later(_LINGER_SECONDS if self._transport.can_write_eof() else 0.1, self._transport.close)

    def _let_flow(self, flow: bool) -> None:
        if flow and len(self._ahead) <= _MAX_AHEAD:
            self._transport.resume_reading()
        elif not flow:
            self._transport.pause_reading()


async def _answer(handler: Handler, exchange: Exchange) -> None:
    failed = False
    try:
        await handler(exchange)
    except PeerGone:
        raise
    except BodyTruncated as error:
        if not exchange.started:
            exchange.must_close = True
            await exchange.respond(400, [("content-type", "text/plain")], f"{error}\n".encode())
    except Exception:
        failed = True
        _logger.exception("The handler of %s %s failed", exchange.request.method, exchange.request.target)
    if not exchange.started:
        reason = b"the handler failed\n" if failed else b"the handler gave no answer\n"
        await exchange.respond(500, [("content-type", "text/plain")], reason)
    elif not exchange.finished:
        await exchange.abort()
