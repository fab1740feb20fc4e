"""What clients sent, kept for tests to look at."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sluice_local.http_server import HttpRequest


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived: `target` raw, header names lower-cased, `received_at` in epoch seconds."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: float

    @property
    def path(self) -> str:
        """The path, percent-decoded."""
        return unquote(self.target.partition("?")[0])

    @property
    def json(self) -> Any:
        """The body as JSON, or None where it is none, or deeper than Python reads."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str | None:
        """Return the first header of that lower-case name."""
        return next((value for known, value in self.headers if known == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return what `GET /_emulator/requests` shows of it."""
        return {
            "method": self.method,
            "target": self.target,
            "headers": [list(header) for header in self.headers],
            "body": base64.b64encode(self.body).decode(),
            "json": self.json,
            "received_at": self.received_at,
        }


def record(request: HttpRequest, now: float) -> RecordedRequest:
    """Return a request's record."""
    return RecordedRequest(request.method, request.target, request.headers, request.body, now)
