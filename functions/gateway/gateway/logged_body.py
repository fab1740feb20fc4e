"""A response's body that ends the request when it is closed: the log line leaves with its own invocation."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from gateway.observability import RequestRecord


class LoggedBody:
    """Yields the body's pieces. Whoever drew it closes it, once everything is sent, and then the line is written."""

    __slots__ = ("_body", "_log", "_pieces", "_record")

    def __init__(self, body: Iterable[bytes], record: RequestRecord, log: Callable[[RequestRecord], None]) -> None:
        self._body = body
        self._pieces = iter(body)
        self._record: RequestRecord | None = record
        self._log = log

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces, once."""
        # Only the first piece is looked at: the others pass without a frame between them and who draws them.
        return chain(self._first(), self._pieces)

    def _first(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if self._record is not None:
                self._record.first_byte_at = time.monotonic()
            yield piece
            return

    def close(self) -> None:
        """Close what is below and write the request's line; a second call does nothing."""
        record, self._record = self._record, None
        if record is None:
            return
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            record.ended_at = time.monotonic()
            self._log(record)
