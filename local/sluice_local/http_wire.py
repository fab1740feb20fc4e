"""The writing half of a connection."""

import asyncio
import socket
import struct
from collections.abc import Callable


class PeerGone(ConnectionError):  # an event of the peer's, not an error of ours
    """The peer closed or reset the connection; a handler may let it escape."""


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
        if data:
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

    def cut(self, *, reset: bool) -> None:
        """End the connection: with a TCP reset, or after what was written with a TCP end."""
        if self.closed:
            return
        if reset:
            linger_for_no_time = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
            self.transport.abort()
        else:
            self.transport.close()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone."""
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
