"""A small HTTP/1.1 server for the emulators: every byte of an answer leaves when it is sent, and faults can be shown.

h11 reads the heads of requests; bodies are read by `http_body`, and answers written straight to the transport. A client
that opens with HTTP/2 is told what to set (`http2_advice`).
"""

import asyncio
import ssl

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
# in between leaves that connection open for ever.
_TURNS_TO_ACCEPT = 4


class HttpServer:
    """A server that listens; `port` is the one it got."""

    def __init__(self, server: asyncio.Server, settings: ServerSettings) -> None:
        self.port: int = server.sockets[0].getsockname()[1]
        self._server = server
        self._settings = settings

    async def close(self) -> None:
        """Stop listening, drop connections and cancel handlers; nothing is left on return."""
        loop = asyncio.get_running_loop()
        for listener in self._server.sockets:
            loop.remove_reader(listener.fileno())
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        self._server.close()
        self._server.abort_clients()
        tasks = list(self._settings.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()


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
