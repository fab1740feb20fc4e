"""How the tests start functions and speak to them."""

import asyncio
import http.client
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sluice_local.http_server import Handler, HttpServer, serve

HERE = Path(__file__).parent
FUNCTIONS = HERE / "functions"
RAW_COMMAND = (sys.executable, str(HERE / "raw_runtime.py"))
MANAGED_COMMAND = (sys.executable, "-m", "awslambdaric")


class Loops:
    """The kind of event loop that servers run on; a fixture of the tests of the server goes through them."""

    new: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def managed_command(handler: str) -> tuple[str, ...]:
    """The command that runs a handler on the managed runtime's own client."""
    return (*MANAGED_COMMAND, handler)


def connect(url: str) -> "closing[http.client.HTTPConnection]":
    return closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20))


def ask(
    url: str, path: str = "/", method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request on a connection of its own, and its whole answer."""
    with connect(url) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def scenario(name: str, **parameters: object) -> str:
    """The path that makes the raw runtime play a scenario."""
    return f"/{name}?{urlencode(parameters)}"


@contextmanager
def streaming(url: str, path: str) -> Iterator[http.client.HTTPResponse]:
    """An answer whose head has come."""
    with connect(url) as connection:
        connection.request("GET", path)
        with closing(connection.getresponse()) as response:
            yield response


def raw_connection(port: int) -> "closing[socket.socket]":
    return closing(socket.create_connection(("127.0.0.1", port), timeout=20))


def port_of(url: str) -> int:
    return int(urlsplit(url).port or 0)


@contextmanager
def running_server(handler: Handler, **options: Any) -> Iterator[HttpServer]:
    """An HTTP server of ours in a background thread, on a loop of the kind that `Loops` says."""
    loop = Loops.new()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(serve(handler, **options), loop).result()
        yield server
        asyncio.run_coroutine_threadsafe(server.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def read_all(connection: socket.socket) -> bytes:
    """Everything until the peer closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def wait_until[T](condition: Callable[[], T], seconds: float = 10) -> T:
    """Return what the condition gives once it is true."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.005)
    return result


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
