"""Carries Bedrock's stream through a dialect's encoder, and sees to it that it ends in a verdict."""

import time
from collections.abc import Generator, Iterator

from gateway.aws.connection import PendingResponse
from gateway.dialects.stream import StreamEncoder
from gateway.errors import GatewayError, InternalFailure, StreamBroken
from gateway.http1 import BadResponse
from gateway.operations.call import Call

# Some way below the 30 seconds after which proxies and CDNs take silence for death.
KEEP_ALIVE_SECONDS = 10.0
# How long a dialect that has keep-alives waits for Bedrock before it commits to status 200.
COMMIT_SECONDS = 8.0
# Bedrock's last bytes follow the last frame at once; without them the connection could not be used again.
_DRAIN_SECONDS = 0.05


class Relay:
    """One streamed answer. Iterating yields what the client gets; `close()` hangs up on Bedrock in any case."""

    def __init__(self, call: Call, pending: PendingResponse, encoder: StreamEncoder, *, answered: bool) -> None:
        self._call = call
        self._pending = pending
        self._encoder = encoder
        self._answered = answered
        self._silent_since = time.monotonic()
        self._first = b""
        self._pieces = self._relay()

    def open(self) -> None:
        """Wait for the first bytes to send, so that what fails before them keeps its status; at most some seconds.

        Raises:
            GatewayError: Bedrock refused, or its stream broke, before anything was sent.
        """
        commit_at = time.monotonic() + COMMIT_SECONDS
        try:
            while not self._first and (patience := commit_at - time.monotonic()) > 0:
                self._first = self._step(patience) or b""
                if self._encoder.verdict and self._encoder.verdict.error:
                    raise self._encoder.verdict.error
        except GatewayError:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces of the body, once."""
        return self._pieces

    def close(self) -> None:
        """Hang up, if that has not happened, and note the verdict."""
        self._pieces.close()
        self._settle()

    def _relay(self) -> Generator[bytes]:
        encoder, step = self._encoder, self._step
        try:
            # A silent Bedrock has committed us to status 200 by now: begin with a sign of life.
            if first := self._first or encoder.keep_alive:
                yield first
            while encoder.verdict is None:
                data = step(KEEP_ALIVE_SECONDS)
                if data:
                    yield data
                elif data is None and encoder.keep_alive:
                    yield encoder.keep_alive
        finally:
            self._settle()

    def _step(self, patience: float) -> bytes | None:
        """Return what Bedrock's next bytes become; None after `patience` seconds of silence. Faults become frames."""
        try:
            return self._received(patience)
        except GatewayError as error:
            return self._encoder.fail(error)
        except (OSError, BadResponse) as error:
            return self._encoder.fail(
                StreamBroken(f"The connection to Bedrock broke ({error}); the answer is incomplete.")
            )
        except Exception as error:  # noqa: BLE001 - after the first byte an error can only be a frame
            self._call.record.cause = error
            return self._encoder.fail(InternalFailure("Sluice failed in mid-answer; its log says why."))

    def _received(self, patience: float) -> bytes | None:
        allowed = self._call.patience(self._silent_since)
        if allowed <= 0:
            raise self._call.given_up()
        if not self._answered and not self._take_head(min(patience, allowed)):
            return None
        data = self._pending.read(min(patience, allowed))
        if data is None:
            return None
        self._silent_since = time.monotonic()
        return self._encoder.feed(data) if data else self._encoder.finish()

    def _take_head(self, patience: float) -> bool:
        head = self._pending.head(patience)
        if head is None:
            return False
        if head.status != 200:
            raise self._call.refusal(head, self._call.body_of(self._pending))
        self._answered = True
        return True

    def _settle(self) -> None:
        verdict = self._encoder.verdict
        self._call.record.verdict = verdict
        if verdict and verdict.error is None:
            self._drain()
        self._pending.close()

    def _drain(self) -> None:
        try:
            while self._pending.read(_DRAIN_SECONDS):
                pass
        except (OSError, BadResponse):
            pass
