"""Kept-alive HTTP/1.1 connections, read without ever losing a response's place.

Each environment serves one request at a time, so a handful of idle connections is plenty; taking one and giving it back
are single list operations, which also hold under threads.
"""

import math
import os
import select
import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from gateway.aws.tls import tls_context
from gateway.errors import UpstreamTimeout, UpstreamUnreachable
from gateway.http1 import BadResponse, Head, ResponseReader

_CONNECT_TIMEOUT = 5.0
_SEND_TIMEOUT = 60.0
# A frozen environment thaws with connections whose other end is long gone; AWS closes idle ones after about a minute.
_MAX_IDLE = 30.0
_MAX_KEPT = 4
# More than the heap's threshold of 128 KiB, and malloc would map memory for every read and give it back.
_READ_SIZE = 65_536


class Endpoint:
    """One host to talk to, with its idle connections.

    `url` is scheme, host, optional port and optional path prefix; `ca_bundle` a PEM file to trust instead of the
    system's.
    """

    def __init__(self, url: str, name: str, ca_bundle: str = "") -> None:
        parts = urlsplit(url)
        self.name = name
        self.host = parts.hostname or ""
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.path_prefix = parts.path.rstrip("/")
        self.host_header = parts.netloc.rpartition("@")[2]
        # Waited for here, at cold start, not in the first request.
        self._tls = tls_context(ca_bundle).get() if parts.scheme == "https" else None
        self._idle: list[tuple[socket.socket, float]] = []

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "PendingResponse":
        """Send a request.

        It carries the invocation's trace, unsigned, as an AWS SDK's would: what AWS does for it belongs to that trace.
        A second connection is tried only where an idle one broke before anything was sent.

        Raises:
            UpstreamUnreachable: no connection, or it broke while the request was sent.
        """
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        if trace := os.environ.get("_X_AMZN_TRACE_ID"):
            lines.append(f"x-amzn-trace-id: {trace}")
        head = "\r\n".join((*lines, f"content-length: {len(body)}", "", "")).encode("latin-1")
        message = head + body
        retries = 0
        while True:
            sock, is_new = self._connection()
            try:
                sock.settimeout(_SEND_TIMEOUT)
                first = sock.send(message)
            except OSError as error:
                sock.close()
                if is_new:
                    raise UpstreamUnreachable(f"The connection to {self.name} broke: {_reason(error)}.") from error
                retries += 1
                continue
            try:
                if first < len(message):
                    sock.sendall(memoryview(message)[first:])
            except OSError as error:
                sock.close()
                raise UpstreamUnreachable(f"The connection to {self.name} broke: {_reason(error)}.") from error
            return PendingResponse(self, sock, retries)

    def give_back(self, sock: socket.socket) -> None:
        """Keep a connection for the next request."""
        if len(self._idle) < _MAX_KEPT:
            self._idle.append((sock, time.time()))
        else:
            sock.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop()[0].close()

    def _connection(self) -> tuple[socket.socket, bool]:
        while self._idle:
            sock, since = self._idle.pop()
            # The wall clock, because a frozen environment's monotonic clock may stand still.
            if 0 <= time.time() - since < _MAX_IDLE and not select.select([sock], [], [], 0)[0]:
                return sock, False
            sock.close()
        return self._connect(), True

    def _connect(self) -> socket.socket:
        try:
            sock = socket.create_connection((self.host, self.port), _CONNECT_TIMEOUT)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._tls is None:
                return sock
            try:
                return self._tls.wrap_socket(sock, server_hostname=self.host)
            except BaseException:
                sock.close()
                raise
        except OSError as error:
            raise UpstreamUnreachable(
                f"{self.name} cannot be reached at {self.host_header}: {_reason(error)}."
            ) from error


class PendingResponse:
    """A request that was sent, and its response as it arrives. `close()` it in any case.

    `retries` is how many idle connections broke before one took the request.
    """

    def __init__(self, endpoint: Endpoint, sock: socket.socket, retries: int = 0) -> None:
        self.retries = retries
        self._endpoint = endpoint
        self._socket: socket.socket | None = sock
        self._reader = ResponseReader()
        self._first = b""
        self._patience: float | None = None

    def head(self, patience: float) -> Head | None:
        """Wait for status and headers, at most `patience` seconds; None: still nothing.

        Raises:
            UpstreamUnreachable: it hung up before it answered.
        """
        until = time.monotonic() + patience
        while self._reader.head is None:
            try:
                data = self._receive(patience)
                if data is None:
                    return None
                self._first += self._reader.feed(data)
                patience = until - time.monotonic()
            except (OSError, BadResponse) as error:
                raise UpstreamUnreachable(
                    f"{self._endpoint.name} hung up without an answer: {_reason(error)}."
                ) from error
        return self._reader.head

    @property
    def is_answer(self) -> bool:
        """Whether its status says that Bedrock did what it was asked."""
        return self._reader.head is not None and self._reader.head.status == 200

    def read(self, patience: float) -> bytes | None:
        """Return some of the body as soon as there is any: None after `patience` seconds of silence, empty at its end.

        Raises:
            OSError: the connection broke.
            BadResponse: the body is cut or malformed.
        """
        if self._first:
            data, self._first = self._first, b""
            return data
        reader, until = self._reader, time.monotonic() + patience
        while not reader.ended:
            received = self._receive(patience)
            if received is None:
                return None
            if data := reader.feed(received):
                return data
            patience = until - time.monotonic()
        return b""

    def read_all(self, patience: float, until: float = math.inf) -> bytes:
        """Read the body to its end, at most until that time of the monotonic clock.

        Raises:
            UpstreamUnreachable: it is cut.
            UpstreamTimeout: it was silent for longer than `patience`, or is not over in time.
        """
        pieces = []
        try:
            while data := self.read(min(patience, until - time.monotonic())):
                pieces.append(data)
        except (OSError, BadResponse) as error:
            raise UpstreamUnreachable(f"{self._endpoint.name} broke off its answer: {_reason(error)}.") from error
        if data is None:
            raise UpstreamTimeout(f"{self._endpoint.name} did not come to the end of its answer in time.")
        return b"".join(pieces)

    def close(self) -> None:
        """Keep the connection if the response was read to its end, else drop it, so that the work upstream stops."""
        sock, self._socket = self._socket, None
        if sock is None:
            return
        if self._reader.reusable and not self._first:
            self._endpoint.give_back(sock)
        else:
            sock.close()

    def _receive(self, patience: float) -> bytes | None:
        if self._socket is None:
            raise OSError("the connection is closed")
        if patience != self._patience:
            # A system call, which a stream does not pay for each of its reads: their patience is the same.
            self._socket.settimeout(max(patience, 0.0))
            self._patience = patience
        try:
            return self._socket.recv(_READ_SIZE)
        except TimeoutError as error:
            if error.errno is not None:  # not our patience: the kernel has given the connection up
                raise
        except (BlockingIOError, ssl.SSLWantReadError):  # what a patience of 0 ends in
            pass
        return None


def _reason(error: Exception) -> str:
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
