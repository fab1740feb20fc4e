"""One request and its answer, as the handlers of `http_server` see them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sluice_local.http_body_stream import BodyStream
from sluice_local.http_head import header_tokens, response_head
from sluice_local.http_wire import Wire

_LAST_CHUNK = b"0\r\n\r\n"
_BODILESS_STATUSES = (204, 304)


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


class Exchange:
    """One request and its answer: `respond`, or `start`, `send`… and `finish`.

    Writing raises `PeerGone` once the peer has left. An answer that a handler leaves unfinished is cut, never ended.
    """

    def __init__(self, request: HttpRequest, body: BodyStream, wire: Wire, *, http_1_0: bool) -> None:
        self.request = request
        self.body = body  # with `stream_bodies`: the body as it arrives; otherwise over, and in `request.body`
        self.started = False
        self.finished = False
        # Set before the answer starts, it makes this the connection's last request.
        self.must_close = http_1_0 or "close" in header_tokens(request.headers, "connection")
        self._wire = wire
        self._http_1_0 = http_1_0
        self._chunked = False
        self._bodiless = False

    @property
    def closed(self) -> bool:
        """Whether the peer is gone."""
        return self._wire.closed

    @property
    def local_port(self) -> int:
        """The port that the client has connected to."""
        return int(self._wire.transport.get_extra_info("sockname")[1])

    async def respond(self, status: int, headers: Iterable[tuple[str, str]], body: bytes = b"") -> None:
        """Send a whole answer; `content-length` is added."""
        self.reply(status, headers, body)
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
        self.break_off(reset=reset)
        await self._wire.wait_closed()

    async def send_raw(self, data: bytes) -> None:
        """Send bytes past the HTTP framing, to show a fault; allowed before `start` too."""
        self.started = True
        self._wire.write(data)
        await self._wire.drained()

    # The same for callbacks of the event loop, which cannot wait

    def reply(self, status: int, headers: Iterable[tuple[str, str]], body: bytes = b"") -> None:
        """Do as `respond` does, without waiting."""
        length = [] if status in _BODILESS_STATUSES else [("content-length", str(len(body)))]
        head = self._head(status, [*headers, *length])
        self.finished = True
        self._wire.write(head if self._bodiless else head + body)

    def begin(self, status: int, headers: Iterable[tuple[str, str]], data: bytes = b"") -> bool:
        """Do as `start` and `send` do, in one write and without waiting; the result is that of `write`."""
        head = self._head(status, headers)
        return self._wire.write(head + self._framed(data))

    def write(self, data: bytes) -> bool:
        """Do as `send` does, without waiting; False asks the caller to wait (`when_writable`) before the next."""
        return self._wire.write(self._framed(data))

    def end(self) -> None:
        """Do as `finish` does, without waiting."""
        self.finished = True
        if self._chunked and not self._bodiless:
            self._wire.write(_LAST_CHUNK)

    def break_off(self, *, reset: bool = True) -> None:
        """Do as `abort` does, without waiting."""
        self.started = self.finished = self.must_close = True
        self._wire.cut(reset=reset)

    def when_writable(self, callback: Callable[[], None]) -> None:
        """Call back once the peer takes bytes again, or is gone; at once where it already does."""
        self._wire.when_writable(callback)

    def _head(self, status: int, headers: Iterable[tuple[str, str]]) -> bytes:
        fields = list(headers)
        names = {name.lower() for name, _ in fields}
        self._bodiless = self.request.method == "HEAD" or status in _BODILESS_STATUSES
        if "content-length" not in names and status not in _BODILESS_STATUSES:
            self.must_close |= self._http_1_0  # the end of the connection is the end of the answer
            self._chunked = not self._http_1_0
        if self._chunked:
            fields.append(("transfer-encoding", "chunked"))
        if "connection" in names:
            self.must_close |= "close" in header_tokens(fields, "connection")
        elif self.must_close:
            fields.append(("connection", "close"))
        head = response_head(status, fields)
        self.started = True
        return head

    def _framed(self, data: bytes) -> bytes:
        if not data or self._bodiless:
            return b""
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data
