"""A plain HTTP client, for what no SDK sends."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(url: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None) -> Reply:
    """Send a request, a path as it stands and a body as JSON, and wait for the whole answer."""
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)) as connection:
        connection.request(method, path, sent, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
