"""CPU time for each chunk of a chunked response, in three readers (decision 16).

    .venv/bin/python docs/decisions/measurements/http1_readers.py

No socket takes part: each reader gets the same bytes, in pieces as recv() would return them.
"""

import http.client
import io
import statistics
import time
from collections.abc import Callable, Iterator

import h11
from gateway.http1 import ResponseReader

CHUNKS = 20_000
ROUNDS = 15
FRAME = bytes(130)  # a contentBlockDelta of a few characters
HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(FRAME), FRAME)
LAST = b"0\r\n\r\n"


class Pieces(io.RawIOBase):
    """A socket's reading half: each read returns one piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        data = self._rest or next(self._pieces, b"")
        taken, self._rest = data[: len(buffer)], data[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, 262_144)


def own(pieces: list[bytes]) -> Iterator[bytes]:
    reader = ResponseReader()
    for piece in pieces:
        if body := reader.feed(piece):
            yield body


def http_client(pieces: list[bytes]) -> Iterator[bytes]:
    response = http.client.HTTPResponse(Pieces(pieces))
    response.begin()
    while data := response.read1():
        yield data


def with_h11(pieces: list[bytes]) -> Iterator[bytes]:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "example.com")]))
    connection.send(h11.EndOfMessage())
    for piece in pieces:
        connection.receive_data(piece)
        while not isinstance(event := connection.next_event(), type(h11.NEED_DATA) | h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)


def microseconds_per_chunk(read: Callable[[list[bytes]], Iterator[bytes]], pieces: list[bytes]) -> float:
    started = time.process_time()
    size = sum(map(len, read(pieces)))
    elapsed = time.process_time() - started
    assert size == CHUNKS * len(FRAME), f"{read.__name__} lost bytes"
    return elapsed / CHUNKS * 1e6


def main() -> None:
    one_each = [HEAD, *[CHUNK] * CHUNKS, LAST]
    stream = b"".join(one_each)
    large = [stream[start : start + 65_536] for start in range(0, len(stream), 65_536)]
    readers = (own, http_client, with_h11)
    rounds = [
        {
            (read, name): microseconds_per_chunk(read, pieces)
            for name, pieces in (("one", one_each), ("64 KB", large))
            for read in readers
        }
        for _ in range(ROUNDS)
    ]
    print(f"{'µs CPU for each chunk':24} {'one chunk a read':>18} {'64 KB a read':>14}")
    for read in readers:
        one, many = (statistics.median(figures[read, name] for figures in rounds) for name in ("one", "64 KB"))
        print(f"{read.__name__:24} {one:18.2f} {many:14.2f}")


if __name__ == "__main__":
    main()
