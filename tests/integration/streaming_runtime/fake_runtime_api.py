"""A Lambda Runtime API that does what a test scripts, refusals included, and keeps every byte it was sent."""

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

FUNCTION_URL_EVENT = b'{"version":"2.0","requestContext":{"http":{"method":"POST","path":"/"}}%s}'
PATIENCE = 10.0  # seconds; longer than anything here takes


@dataclass(frozen=True, slots=True)
class Invocation:
    """What `/next` hands out. `headers` are added to those that are always there. `hangs_up`: closing at once."""

    event: bytes = b"{}"
    request_id: str = "request-1"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False

    def encoded(self) -> bytes:
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": "4102444800000",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:test",
            **self.headers,
        }
        return http_response(200, self.event, headers)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request is answered. `status` None: not at all. `early`: before its body; `hangs_up`: closing at once."""

    status: int | None = 202
    body: bytes = b'{"status":"OK"}\n'
    early: bool = False
    hangs_up: bool = False


@dataclass(slots=True)
class Request:
    """A request as it came in; `segments` are what each read of the socket brought, the head with the first.

    `connection` is the number of the connection that it came by.
    """

    connection: int = 0
    segments: list[bytes] = field(default_factory=list)
    head: bytes = b""
    is_closed: bool = False  # by the client

    def add(self, segment: bytes) -> None:
        self.segments.append(segment)
        if not self.head and b"\r\n\r\n" in (wire := self.wire):
            self.head = wire.partition(b"\r\n\r\n")[0]

    @property
    def wire(self) -> bytes:
        return b"".join(self.segments)

    @property
    def path(self) -> str:
        """Without the version of the API."""
        return self.head.split(b" ", 2)[1].decode().removeprefix("/2018-06-01/runtime/")

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        lines = (line.decode().partition(": ") for line in self.head.split(b"\r\n")[1:])
        return {name.lower(): value for name, _, value in lines}

    @property
    def raw_body(self) -> bytes:
        return self.wire.partition(b"\r\n\r\n")[2]

    @property
    def body(self) -> bytes:
        """The payload, its chunks joined."""
        return b"".join(unchunked(self.raw_body).chunks) if self._is_chunked else self.raw_body

    @property
    def trailers(self) -> dict[str, str]:
        lines = (line.decode().partition(": ") for line in unchunked(self.raw_body).trailer_lines)
        return {name: value for name, _, value in lines}

    @property
    def is_complete(self) -> bool:
        if not self.head:
            return False
        if self._is_chunked:
            return self.segments[-1].endswith(b"\r\n\r\n") and unchunked(self.raw_body).is_complete
        return len(self.raw_body) >= int(self.headers.get("content-length", 0))

    @property
    def _is_chunked(self) -> bool:
        return "transfer-encoding" in self.headers


@dataclass(frozen=True, slots=True)
class Unchunked:
    """A message in chunked coding, taken apart as far as it is there."""

    chunks: list[bytes]
    trailer_lines: list[bytes]
    is_complete: bool


def unchunked(raw: bytes) -> Unchunked:
    chunks: list[bytes] = []
    at = 0
    while (end := raw.find(b"\r\n", at)) >= 0:
        size, at = int(raw[at:end], 16), end + 2
        if size == 0:
            trailers, separator, _ = (b"\r\n" + raw[at:]).partition(b"\r\n\r\n")
            return Unchunked(chunks, trailers.split(b"\r\n")[1:], bool(separator))
        if raw[at + size : at + size + 2] != b"\r\n":
            break
        chunks.append(raw[at : at + size])
        at += size + 2
    return Unchunked(chunks, [], is_complete=False)


def http_response(status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} -", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


class FakeRuntimeApi:
    """Hands out `invocations`, then lets `/next` wait. `replies` are taken in turn by what a path ends in.

    The keys are `next`, `response`, `init/error` and `error`; where there is no reply, posts are accepted.
    """

    def __init__(self, *invocations: Invocation, **replies: Sequence[Reply]) -> None:
        self.requests: list[Request] = []
        self.reads_bodies = threading.Event()
        self.reads_bodies.set()
        self._invocations = list(invocations)
        self._replies = {kind.replace("_", "/"): list(sequence) for kind, sequence in replies.items()}
        self._changed = threading.Condition()
        self._is_open = True
        self._threads: list[threading.Thread] = []
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:{1}".format(*self._listener.getsockname())
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_open = False
        self.reads_bodies.set()
        with self._changed:
            self._changed.notify_all()
        for connection in [self._listener, *self._connections]:
            with suppress(OSError):  # closed by its other end
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join()

    def posts(self) -> list[Request]:
        return [request for request in self.requests if request.head.startswith(b"POST")]

    def next_calls(self) -> int:
        return sum(request.path == "invocation/next" for request in self.requests)

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Block until `condition` holds; it is looked at whenever something has come in."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE), [request.wire[:2000] for request in self.requests]

    def wait_for_posts(self, number: int) -> list[Request]:
        """The first `number` posts, once they are complete and the client has closed their connections."""
        self.wait_for(lambda: len(self.posts()) >= number and all(post.is_closed for post in self.posts()[:number]))
        return self.posts()[:number]

    def wait_for_answers(self, number: int) -> list[Request]:
        """The first `number` posts, once the runtime is through with them and asks for its next invocation."""
        posts = self.wait_for_posts(number)
        self.wait_for(lambda: self.next_calls() > number)
        return posts

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while self._is_open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        number = len(self._connections)
        with connection, suppress(OSError):  # the client is gone, or the test is over
            while self._exchange(connection, number):
                pass

    def _exchange(self, connection: socket.socket, number: int) -> bool:
        """One request and its reply; whether another may follow on the connection."""
        request = Request(number)
        if not self._read(connection, request, until=lambda: bool(request.head)):
            return False
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        reply = self._reply(request)
        if isinstance(reply, Reply) and reply.early:
            return self._answer(connection, request, reply) and self._read_to_end(connection, request)
        if request.path != "invocation/next":
            self.reads_bodies.wait()
        if not self._read(connection, request, until=lambda: request.is_complete):
            return False
        if isinstance(reply, Invocation):
            connection.sendall(reply.encoded())
            if reply.hangs_up:
                return False
        elif not self._answer(connection, request, reply):
            return False
        return not self._close_seen(connection, request)

    def _answer(self, connection: socket.socket, request: Request, reply: Reply) -> bool:
        if reply.status is not None:
            connection.sendall(http_response(reply.status, reply.body, {}))
        return not reply.hangs_up and reply.status is not None

    def _reply(self, request: Request) -> Reply | Invocation:
        kinds = (kind for kind in self._replies if request.path.endswith(kind))
        if scripted := self._replies.get(next(kinds, "")):
            return scripted.pop(0)
        if request.path == "restore/next":
            return Reply(200, b"")
        if request.path != "invocation/next":
            return Reply()
        with self._changed:
            if not self._invocations:
                self._changed.wait_for(lambda: not self._is_open)
                raise OSError("the test is over")
            return self._invocations.pop(0)

    def _read_to_end(self, connection: socket.socket, request: Request) -> bool:
        while self._read(connection, request, until=lambda: False):
            pass
        return False

    def _read(self, connection: socket.socket, request: Request, until: Callable[[], bool]) -> bool:
        """Read into `request`; whether `until` came true before the client closed."""
        while not until():
            segment = connection.recv(1 << 20)
            with self._changed:
                request.is_closed = not segment
                if segment:
                    request.add(segment)
                self._changed.notify_all()
            if not segment:
                return False
        return True

    def _close_seen(self, connection: socket.socket, request: Request) -> bool:
        """Wait for the client's next request, or for its closing the connection."""
        closed = not connection.recv(1, socket.MSG_PEEK)
        with self._changed:
            request.is_closed = closed
            self._changed.notify_all()
        return closed
