"""A response's body that ends the request when it is closed: the log line leaves with its own invocation."""

import time
from collections.abc import Callable, Iterable

from gateway.observability import RequestRecord


class LoggedBody:
    """Yields the body's pieces. Whoever drew it closes it, once everything is sent, and then the line is written."""

    __slots__ = ("_body", "_log", "_pieces", "_record")

    def __init__(self, body: Iterable[bytes], record: RequestRecord, log: Callable[[RequestRecord], None]) -> None:
        self._body = body
        self._pieces = iter(body)
        self._record: RequestRecord | None = record
        self._log = log

    def __iter__(self) -> "LoggedBody":
        """Return itself: a body is drawn once."""
        return self

    def __next__(self) -> bytes:
        """Return the next piece."""
        piece = next(self._pieces)
        if (record := self._record) is not None and record.first_byte_at is None:
            record.first_byte_at = time.monotonic()
        return piece

    def close(self) -> None:
        """Close what is below and write the request's line; a second call does nothing."""
        record, self._record = self._record, None
        if record is None:
            return
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._log(record)
