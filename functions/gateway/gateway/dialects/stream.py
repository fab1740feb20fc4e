"""What every dialect's stream encoder can do, and how one ends."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from gateway.errors import GatewayError

if TYPE_CHECKING:
    # The grammar takes a tenth of a cold start, and nothing is read before the first request.
    from gateway.bedrock.grammar import Usage


class Verdict(NamedTuple):
    """How a stream ended: whole (`error` is None) or broken. `usage` is None where Bedrock told none.

    `unknown_events` counts what Bedrock sent and nobody here knows.
    """

    error: GatewayError | None = None
    stop_reason: str = ""
    usage: "Usage | None" = None
    unknown_events: int = 0


class StreamEncoder(Protocol):
    """Turns what Bedrock sends into what the client reads.

    Its methods return bytes for the client: what goes wrong upstream becomes the dialect's own error frame, and the
    verdict. Once there is a verdict, nothing more is to be sent. Should `feed` raise, `abandon` is called.
    """

    @property
    def verdict(self) -> Verdict | None:
        """How the stream ended; None while it goes on."""
        ...

    # What may be sent while Bedrock is silent; None where the wire format has nothing harmless.
    keep_alive: bytes | None

    def feed(self, data: bytes) -> bytes:
        """Take bytes of Bedrock's stream as they came."""
        ...

    def finish(self) -> bytes:
        """Take note that Bedrock's stream ended in good order."""
        ...

    def fail(self, error: GatewayError) -> bytes:
        """Take note that the stream broke."""
        ...

    def abandon(self, error: GatewayError) -> bytes:
        """Take note that our own code failed: what was read may not have been sent, so nothing counts as whole."""
        ...
