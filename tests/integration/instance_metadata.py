"""An EC2 instance's metadata service, through which its role's credentials come."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from integration.answering import answering

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
    with answering(Instance) as url:
        yield url
