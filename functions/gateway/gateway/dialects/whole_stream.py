"""A stream of an answer that Bedrock gives in one piece only: some models do not stream, or not with tools."""

from typing import TYPE_CHECKING

import orjson

from gateway.bedrock.whole import frames_of
from gateway.dialects.stream import StreamEncoder
from gateway.errors import GatewayError, StreamBroken

if TYPE_CHECKING:
    from gateway.dialects.stream import Verdict


class WholeStream:
    """Takes the bytes of Converse's reply, and has another encoder say it all at its end."""

    def __init__(self, encoder: StreamEncoder) -> None:
        self.keep_alive = encoder.keep_alive
        self._encoder = encoder
        self._body: list[bytes] = []

    @property
    def verdict(self) -> "Verdict | None":
        """How the reply ended, once it did."""
        return self._encoder.verdict

    def feed(self, data: bytes) -> bytes:
        """Take a piece of the reply; nothing of it can be told before it is whole."""
        self._body.append(data)
        return b""

    def finish(self) -> bytes:
        """Return the whole stream."""
        try:
            frames = frames_of(orjson.loads(b"".join(self._body)))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return self.fail(StreamBroken("Bedrock answered with what is no Converse response."))
        return self._encoder.feed(frames)

    def fail(self, error: GatewayError) -> bytes:
        """Return an error event."""
        return self._encoder.fail(error)

    def abandon(self, error: GatewayError) -> bytes:
        """Return an error event in any case."""
        return self._encoder.abandon(error)
