"""Native streams: whole frames pass untouched; what breaks ends in an exception frame that every AWS SDK raises."""

from typing import Any

import orjson

from gateway.bedrock.eventstream import Frame, FrameReader, encode_frame
from gateway.bedrock.failures import refused_in_stream
from gateway.bedrock.grammar import Usage, message_of, usage_of
from gateway.dialects.stream import Verdict
from gateway.errors import GatewayError, StreamBroken

# The exceptions ConverseStream's output has; an SDK reads any other only as an unknown one.
_MODELLED = frozenset(
    {
        "InternalServerException",
        "ModelStreamErrorException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "ValidationException",
    }
)


class NativeStream:
    """Forwards a ConverseStream reply. A frame is forwarded when it is whole, so that an error frame can follow it."""

    # An event stream has no comment, and an unknown event might not be ignored.
    keep_alive: bytes | None = None

    def __init__(self) -> None:
        self.verdict: Verdict | None = None
        self._frames = FrameReader()
        self._stop_reason: str | None = None
        self._usage: Usage | None = None

    def feed(self, data: bytes) -> bytes:
        """Return the frames that are now whole."""
        whole, frames, problem = self._frames.feed(data)
        for frame in frames:
            # Deltas are nearly all there is, and nothing in them concerns us.
            if frame.kind.name != "contentBlockDelta":
                self._note(frame)
        if problem and self.verdict is None:
            broken = StreamBroken(f"Bedrock's stream is damaged ({problem}); the answer is incomplete.")
            return whole + self._broken(broken)
        return whole

    def finish(self) -> bytes:
        """End with success only if the client saw messageStop."""
        where = "in the middle of a frame" if self._frames.inside_a_frame else "without a messageStop"
        return self.fail(StreamBroken(f"Bedrock's stream ended {where}; the answer is incomplete."))

    def fail(self, error: GatewayError) -> bytes:
        """Send an exception frame, unless the reply was whole already, or ended in Bedrock's own exception."""
        if self.verdict is not None:
            return b""
        if self._stop_reason is None:
            return self._broken(error)
        self.verdict = Verdict(stop_reason=self._stop_reason, usage=self._usage)
        return b""

    def _note(self, frame: Frame) -> None:
        kind = frame.kind
        if kind.message_type != "event":
            # The client gets the frame itself.
            error = refused_in_stream(kind.name, kind.error_message or message_of(frame.payload))
            self.verdict = Verdict(error=error, usage=self._usage)
        elif kind.name == "messageStop":
            self._stop_reason = str(read_json(frame.payload).get("stopReason", ""))
        elif kind.name == "metadata":
            self._usage = usage_of(read_json(frame.payload).get("usage") or {})

    def _broken(self, error: GatewayError) -> bytes:
        self.verdict = Verdict(error=error, usage=self._usage)
        return exception_frame(error)


def exception_frame(error: GatewayError) -> bytes:
    """Make the frame with which an error ends a stream."""
    aws_type = error.aws_type if error.aws_type in _MODELLED else "ModelStreamErrorException"
    headers = {
        ":message-type": "exception",
        ":exception-type": aws_type[0].lower() + aws_type[1:],
        ":content-type": "application/json",
    }
    return encode_frame(headers, orjson.dumps({"message": str(error)}))


def read_json(payload: bytes) -> dict[str, Any]:
    """Read an event we only look into; what cannot be read there is the client's to judge."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
