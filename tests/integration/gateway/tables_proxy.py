"""A proxy between a gateway and its tables that counts what passes, and can be down."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit


@dataclass(slots=True)
class TablesProxy:
    """`calls` are by operation, `is_down`: connections are closed without an answer."""

    url: str
    calls: Counter[str] = field(default_factory=Counter)
    is_down: bool = False


@contextmanager
def tables_proxy(endpoint_url: str) -> Iterator[TablesProxy]:
    """Stand before the tables at an address until the block ends."""
    netloc = urlsplit(endpoint_url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if proxy.is_down:
                self.close_connection = True
                return
            proxy.calls[self.headers["x-amz-target"].partition(".")[2]] += 1
            with closing(HTTPConnection(netloc)) as connection:
                connection.request("POST", self.path, body, dict(self.headers))
                answer = connection.getresponse()
                data = answer.read()
            self.send_response_only(answer.status)
            self.send_header("content-type", answer.headers["content-type"])
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        proxy = TablesProxy(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
