"""Carries Bedrock's stream through a dialect's encoder, and sees to it that it ends in a verdict."""

import time
from collections.abc import Generator, Iterator

from gateway.aws.connection import PendingResponse
from gateway.dialects.stream import StreamEncoder, Verdict
from gateway.errors import AnswerAbandoned, GatewayError, InternalFailure, StreamBroken
from gateway.http1 import BadResponse
from gateway.observability import Lag
from gateway.operations.call import Call

# Bedrock's last bytes follow the last frame at once; without them the connection could not be used again.
_DRAIN_SECONDS = 0.05


class Relay:
    """One streamed answer. Iterating yields what the client gets; `close()` hangs up on Bedrock in any case."""

    def __init__(self, call: Call, pending: PendingResponse, encoder: StreamEncoder, *, answered: bool) -> None:
        self._call = call
        self._pending = pending
        self._encoder = encoder
        self._answered = answered
        self._idle_timeout, self._deadline = call.idle_timeout, call.request.deadline
        self._silent_since = time.monotonic()
        self._received_bytes = 0
        self._first = b""
        self._pieces = self._relay()

    def open(self) -> None:
        """Wait for the first bytes to send, so that what fails before them keeps its status; at most some seconds.

        Raises:
            GatewayError: Bedrock refused, or its stream broke, before anything was sent.
        """
        commit_at = time.monotonic() + self._call.commit_after
        encoder = self._encoder
        try:
            while not self._first and encoder.verdict is None and (patience := commit_at - time.monotonic()) > 0:
                self._first = self._received(patience, time.monotonic()) or b""
        except Exception as error:  # noqa: BLE001 - the verdict says what it becomes
            self._fault(error)
        if encoder.verdict and encoder.verdict.error:
            self.close()
            raise encoder.verdict.error

    def __iter__(self) -> Iterator[bytes]:
        """Yield the pieces of the body, once."""
        return self._pieces

    def close(self) -> None:
        """Hang up, if that has not happened, and note the verdict."""
        self._pieces.close()
        self._settle()

    def _relay(self) -> Generator[bytes]:
        encoder, received, patience, clock = self._encoder, self._received, self._call.keep_alive_after, time.monotonic
        pieces, lag, most = 0, 0.0, 0.0
        try:
            # A silent Bedrock has committed us to status 200 by now: begin with a sign of life.
            if first := self._first or encoder.keep_alive:
                yield first
            now = clock()
            if self._first:
                pieces, lag = 1, now - self._silent_since
                most = lag
            told_at = self._silent_since
            while encoder.verdict is None:
                data = received(patience, now)
                if data:
                    yield data
                    # Whoever draws the next piece has handed the last one on.
                    now, told_at = clock(), self._silent_since
                    waited = now - told_at
                    pieces, lag = pieces + 1, lag + waited
                    if waited > most:
                        most = waited
                elif encoder.keep_alive and (data is None or self._silent_since - told_at >= patience):
                    # Bedrock is silent, or has sent nothing for a while that the client gets to see.
                    yield encoder.keep_alive
                    now = told_at = clock()
                else:
                    now = clock()
        except Exception as error:  # noqa: BLE001 - after the first byte an error can only be a frame
            yield self._fault(error)
        finally:
            if pieces:
                self._call.record.lag = Lag(lag / pieces, most)
            self._settle()

    def _fault(self, error: Exception) -> bytes:
        """Return the frame that a fault becomes."""
        if isinstance(error, GatewayError):
            return self._encoder.fail(error)
        if isinstance(error, (OSError, BadResponse)):
            broken = StreamBroken(f"The connection to Bedrock broke ({error}); the answer is incomplete.")
            return self._encoder.fail(broken)
        self._call.record.cause = error
        return self._encoder.abandon(InternalFailure("Sluice failed in mid-answer; its log says why."))

    def _received(self, patience: float, now: float) -> bytes | None:
        """Return what the client gets of Bedrock's next bytes; None: nothing has come for `patience` seconds."""
        allowed = min(self._silent_since + self._idle_timeout, self._deadline) - now
        if allowed < patience:
            if allowed <= 0 and self._call.is_over():
                raise self._call.given_up()
            # What came while the client read slowly is read before the silence counts.
            patience = allowed
        data = self._pending.read(patience) if self._answered or self._take_head(patience) else None
        if data is None:
            if allowed <= 0:
                raise self._call.given_up()
            return None
        self._silent_since = time.monotonic()
        self._received_bytes += len(data)
        return self._encoder.feed(data) if data else self._encoder.finish()

    def _take_head(self, patience: float) -> bool:
        head = self._pending.head(patience)
        if head is None:
            return False
        self._call.record.upstream_status = head.status
        if head.status != 200:
            raise self._call.refusal(head, self._call.body_of(self._pending))
        self._answered = True
        return True

    def _settle(self) -> None:
        abandoned = AnswerAbandoned("The answer was given up before its end; nobody was left to send it to.")
        record = self._call.record
        record.verdict = verdict = self._encoder.verdict or Verdict(error=abandoned)
        record.received_bytes = self._received_bytes
        if verdict.error is None:
            self._drain()
        self._pending.close()

    def _drain(self) -> None:
        until = time.monotonic() + _DRAIN_SECONDS
        try:
            while self._pending.read(_DRAIN_SECONDS) and time.monotonic() < until:
                pass
        except (OSError, BadResponse):
            pass
