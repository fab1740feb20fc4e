"""An EC2 instance's metadata service, through which its role's credentials come."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROLE = {"AccessKeyId": "ASIAROLE", "SecretAccessKey": "secret-of-the-role", "Token": "token-of-the-role"}


class Instance(BaseHTTPRequestHandler):
    """An EC2 instance's metadata service (IMDSv2) with a role."""

    def do_PUT(self) -> None:
        self.answer("a-session-token")

    def do_GET(self) -> None:
        if self.path.endswith("/security-credentials/"):
            self.answer("sluice-role")
        else:
            self.answer(json.dumps({"Code": "Success", "Expiration": "2999-01-01T00:00:00Z", **ROLE}))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def instance_metadata() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Instance) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
