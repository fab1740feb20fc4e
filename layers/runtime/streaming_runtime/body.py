"""A response's body while it is drawn."""

import logging
from collections.abc import Callable, Iterable

_LOGGER = logging.getLogger(__name__)


class Body:
    """Draws an iterable of bytes item by item, and closes it once."""

    __slots__ = ("_close", "_iterator")

    def __init__(self, iterable: Iterable[bytes]) -> None:
        self._iterator = iter(iterable)
        # What has a close of its own answers for its iterator too, as in WSGI.
        self._close: Callable[[], object] | None = getattr(iterable, "close", None) or getattr(
            self._iterator, "close", None
        )

    def draw(self) -> bytes:
        """The next item that is not empty; no bytes when there is none left."""
        for item in self._iterator:
            if not isinstance(item, bytes):
                raise TypeError(f"the body of a StreamResponse must yield bytes, not {type(item).__name__}")
            if item:
                return item
        return b""

    def close(self) -> None:
        """Close the body. A failure to close is logged only: the answer is over, and nobody is left to be told."""
        close, self._close = self._close, None
        if close is None:
            return
        try:
            close()
        except Exception:
            _LOGGER.exception("close() of a StreamResponse's body failed")
