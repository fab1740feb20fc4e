"""A small HTTP/1.1 server for the emulators: every byte of an answer leaves when it is sent, and faults can be shown.

Requests are read by `http_request_head` and `http_body`, and answers written straight to the transport. A client that
opens with HTTP/2 is told what to set (`http2_advice`).
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from typing import Protocol

from sluice_local.http_body import Headers
from sluice_local.http_body_stream import BodySink, BodyStream, BodyTruncated
from sluice_local.http_connection import Connection, Handler, ServerSettings
from sluice_local.http_exchange import Exchange, HttpRequest
from sluice_local.http_wire import PeerGone

__all__ = [
    "DEFAULT_MAX_BODY",
    "BodySink",
    "BodyStream",
    "BodyTruncated",
    "Exchange",
    "Handler",
    "Headers",
    "HttpRequest",
    "HttpServer",
    "PeerGone",
    "serve",
]

DEFAULT_MAX_BODY = 64 * 1024 * 1024
# asyncio makes the transport of a connection that it has accepted some turns of its loop later. A server that is closed
# in between leaves that connection open for ever. uvloop closes sockets some turns later.
_TURNS = 4


class ListeningServer(Protocol):
    """What asyncio and uvloop return from `create_server`."""

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """The sockets that listen."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...

    async def wait_closed(self) -> None:
        """Wait until nothing listens."""
        ...


class HttpServer:
    """A server that listens; `port` is the one it got."""

    def __init__(self, server: ListeningServer, settings: ServerSettings) -> None:
        self.port: int = server.sockets[0].getsockname()[1]
        self._server = server
        self._settings = settings

    async def close(self) -> None:
        """Stop listening, drop connections and cancel handlers; nothing is left on return."""
        self._settings.closing = True
        self._stop_accepting()
        await _some_turns()
        self._server.close()
        connections, tasks = list(self._settings.connections), list(self._settings.tasks)
        for connection in connections:
            connection.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(connection.wait_lost() for connection in connections), return_exceptions=True)
        await _some_turns()
        await self._server.wait_closed()

    def _stop_accepting(self) -> None:
        if not isinstance(self._server, asyncio.Server):  # uvloop's accepts in one go
            self._server.close()
            return
        loop = asyncio.get_running_loop()
        for listener in self._server.sockets:
            loop.remove_reader(listener.fileno())


async def _some_turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def refuse_too_large(exchange: Exchange) -> None:
    """Answer 413, the default for a body above `max_body`."""
    await exchange.respond(413, [("content-type", "text/plain")], b"the request's body is too large\n")


async def serve(
    handler: Handler,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    max_body: int = DEFAULT_MAX_BODY,
    too_large: Handler = refuse_too_large,
    stream_bodies: bool = False,
) -> HttpServer:
    """Listen and run `handler` on each request, one at a time per connection. Port 0 takes any free one.

    A body above `max_body` bytes goes to `too_large` instead, with `request.body` empty. With `stream_bodies` the
    handler starts as soon as the head is read and takes `exchange.body` itself; `max_body` is then its own business.
    Raises OSError where the port is taken.
    """
    settings = ServerSettings(handler, too_large, max_body, stream_bodies)
    if tls is not None:
        tls.set_alpn_protocols(["http/1.1"])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(settings), host, port, ssl=tls, backlog=1024)
    return HttpServer(server, settings)
