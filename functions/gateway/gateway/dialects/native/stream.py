"""Native streams: whole frames pass untouched; what breaks ends in an exception frame that every AWS SDK raises."""

import orjson

from gateway.bedrock.eventstream import FrameReader, encode_frame
from gateway.bedrock.failures import message_of, refused_in_stream
from gateway.dialects.native.witness import Witness
from gateway.dialects.stream import Verdict
from gateway.errors import GatewayError, StreamBroken


class NativeStream:
    """Forwards an event stream. A frame is forwarded when it is whole, so that an error frame can follow it."""

    # An event stream has no comment, and an unknown event might not be ignored.
    keep_alive: bytes | None = None

    def __init__(self, witness: Witness) -> None:
        self.verdict: Verdict | None = None
        self._frames = FrameReader(witness.unread)
        self._witness = witness

    def feed(self, data: bytes) -> bytes:
        """Return the frames that are now whole."""
        if self.verdict is not None:
            return b""
        whole, frames, problem = self._frames.feed(data)
        for frame in frames:
            if frame.kind.message_type == "event":
                self._witness.note(frame)
            elif self.verdict is None:
                # The client gets the frame itself.
                error = refused_in_stream(frame.kind.name, frame.kind.error_message or message_of(frame.payload))
                self.verdict = Verdict(error=error, usage=self._witness.usage)
        if problem and self.verdict is None:
            broken = StreamBroken(f"Bedrock's stream is damaged ({problem}); the answer is incomplete.")
            return whole + self._broken(broken)
        return whole

    def finish(self) -> bytes:
        """End with success only if the reply is whole."""
        inside = self._frames.inside_a_frame
        where = "in the middle of a frame" if inside else "before the model's last event"
        error = StreamBroken(f"Bedrock's stream ended {where}; the answer is incomplete.")
        return self._end(error, ended_in_order=not inside)

    def fail(self, error: GatewayError) -> bytes:
        """Send an exception frame, unless the reply was whole already, or ended in Bedrock's own exception."""
        return self._end(error, ended_in_order=False)

    def abandon(self, error: GatewayError) -> bytes:
        """Send an exception frame in any case."""
        return self._broken(error)

    def _end(self, error: GatewayError, *, ended_in_order: bool) -> bytes:
        if self.verdict is not None:
            return b""
        if not self._witness.is_whole(ended_in_order=ended_in_order):
            return self._broken(error)
        self.verdict = Verdict(stop_reason=self._witness.stop_reason, usage=self._witness.usage)
        return b""

    def _broken(self, error: GatewayError) -> bytes:
        self.verdict = Verdict(error=error, usage=self._witness.usage)
        return exception_frame(error, self._witness.exceptions)


def exception_frame(error: GatewayError, modelled: frozenset[str]) -> bytes:
    """Make the frame with which an error ends a stream whose output shape has the exceptions of `modelled`."""
    aws_type = error.aws_type if error.aws_type in modelled else "ModelStreamErrorException"
    headers = {
        ":message-type": "exception",
        ":exception-type": aws_type[0].lower() + aws_type[1:],
        ":content-type": "application/json",
    }
    return encode_frame(headers, orjson.dumps({"message": str(error)}))
