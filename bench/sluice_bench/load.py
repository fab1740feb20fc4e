"""The load generator: some clients, each asking again as soon as its stream is over. A process of its own.

    python -m sluice_bench.load '{"url": …}'

It keeps connections open, reads raw bytes and looks into them only when the clock is stopped.
"""

import asyncio
import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from sluice_bench.wires import WIRES, IncompleteStream, Wire

_OK = b"HTTP/1.1 200 "
_END = b"\r\n0\r\n\r\n"
_STREAM_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What to ask for: `streams` in all, over `clients` connections, of `deltas` deltas each.

    `pause` is how many seconds a client waits before it asks again.
    """

    url: str
    headers: dict[str, str]
    wire: str
    model: str
    deltas: int
    streams: int
    clients: int = 1
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What came of it. `seconds` is the time for all; each stream's times are to its first delta and to its end."""

    streams: int
    deltas: int
    seconds: float
    first_token: list[float]
    whole: list[float]


class Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._received = bytearray()
        self._asked_at = 0.0
        self._first_token = math.nan  # until there is one

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Gather; note when the first token is there, and when the stream is over."""
        self._received += data
        if not self._received.startswith(_OK[: len(self._received)]):
            self._transport.abort()
        if math.isnan(self._first_token) and self._wire.first_token.search(self._received):
            self._first_token = time.perf_counter() - self._asked_at
        if self._received.endswith(_END) and not self._over.done():
            self._over.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that is lost in mid-stream fails the run."""
        if not self._over.done():
            self._over.set_exception(IncompleteStream(f"the connection was lost ({exc}): {self._answer()}"))

    async def stream(self, request: bytes) -> tuple[float, float, bytes]:
        """Ask once; return the time to the first token, the time to the end, and the answer as it came."""
        self._received, self._first_token = bytearray(), math.nan
        self._over = self._loop.create_future()
        self._asked_at = time.perf_counter()
        self._transport.write(request)
        try:
            async with asyncio.timeout(_STREAM_TIMEOUT):
                await self._over
        except TimeoutError:
            raise IncompleteStream(f"no end after {_STREAM_TIMEOUT:.0f} seconds: {self._answer()}") from None
        if math.isnan(self._first_token):
            raise IncompleteStream(f"no token in {self._answer()}")
        return self._first_token, time.perf_counter() - self._asked_at, bytes(self._received)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _answer(self) -> str:
        return bytes(self._received[:500]).decode(errors="replace")


async def run(load: Load) -> LoadResult:
    """Make the load. Raises `IncompleteStream` where any of its streams is not whole."""
    wire = WIRES[load.wire]
    netloc = urlsplit(load.url).netloc
    request = wire.request(load.model, load.headers)
    host, _, port = netloc.partition(":")
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(lambda: Client(wire), host, int(port)))[1] for _ in range(load.clients)]
    left = iter(range(load.streams))
    begun = time.perf_counter()
    done = await asyncio.gather(*(_ask_again_and_again(client, request, left, load.pause) for client in clients))
    seconds = time.perf_counter() - begun
    for client in clients:
        client.close()
    first_token, whole, answers = zip(*(stream for streams in done for stream in streams), strict=True)
    for answer in answers:
        if (deltas := wire.count(body_of(answer))) != load.deltas:
            raise IncompleteStream(f"{deltas} deltas instead of {load.deltas}")
    return LoadResult(len(answers), len(answers) * load.deltas, seconds, list(first_token), list(whole))


async def _ask_again_and_again(
    client: Client, request: bytes, left: Iterator[int], pause: float
) -> list[tuple[float, float, bytes]]:
    streams = []
    for _ in left:
        streams.append(await client.stream(request))
        await asyncio.sleep(pause)
    return streams


def body_of(answer: bytes) -> bytes:
    """Return the body of a chunked 200. Raises `IncompleteStream` for anything else."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head.startswith(_OK) or b"transfer-encoding: chunked" not in head.lower():
        raise IncompleteStream(f"the answer was {answer[:500].decode(errors='replace')}")
    pieces: list[bytes] = []
    position = 0
    while True:
        line_end = rest.index(b"\r\n", position)
        size = int(rest[position:line_end], 16)
        if not size:
            return b"".join(pieces)
        pieces.append(rest[line_end + 2 : line_end + 2 + size])
        position = line_end + 2 + size + 2


def main() -> None:
    """Read the load from the command line, print its result."""
    print(json.dumps(asdict(asyncio.run(run(Load(**json.loads(sys.argv[1])))))))


if __name__ == "__main__":
    main()
