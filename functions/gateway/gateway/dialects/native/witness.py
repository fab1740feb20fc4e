"""Watches the frames of a native stream go by: is the reply whole, why did it stop, what did it use?"""

import base64
import binascii
from typing import Any, Protocol

import orjson

from gateway.bedrock.eventstream import Frame
from gateway.bedrock.grammar import Usage, tier_of, usage_of

_COMMON_EXCEPTIONS = frozenset(
    {
        "InternalServerException",
        "ModelStreamErrorException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "ValidationException",
    }
)


class Witness(Protocol):
    """What a stream must show to count as whole.

    `exceptions` are those its output shape has: an SDK reads any other only as an unknown one. `unread` are the events
    in which nothing concerns us, nearly all there are; `note` is not called for them.
    """

    exceptions: frozenset[str]
    unread: frozenset[str]
    stop_reason: str
    usage: Usage | None

    def note(self, frame: Frame) -> None:
        """Look at an event's frame."""
        ...

    def is_whole(self, *, ended_in_order: bool) -> bool:
        """Tell whether the reply is complete, if nothing more comes."""
        ...


class ConverseWitness:
    """ConverseStream: whole once messageStop was seen."""

    exceptions = _COMMON_EXCEPTIONS
    unread = frozenset({"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop"})

    def __init__(self) -> None:
        self.stop_reason = ""
        self.usage: Usage | None = None
        self._stopped = False

    def note(self, frame: Frame) -> None:
        """Look for the stop and the usage."""
        name = frame.kind.name
        if name == "messageStop":
            self._stopped = True
            self.stop_reason = str(read_json(frame.payload).get("stopReason", ""))
        elif name == "metadata":
            metadata = read_json(frame.payload)
            if usage := metadata.get("usage"):
                self.usage = usage_of(usage, tier=tier_of(metadata))

    def is_whole(self, *, ended_in_order: bool) -> bool:  # noqa: ARG002 - an end in good order proves nothing here
        """Tell whether the client saw messageStop."""
        return self._stopped


class InvokeWitness:
    """InvokeModelWithResponseStream: chunks in the model's own format, of which two things are known.

    Bedrock puts its metrics into the last chunk of every model, and a stream that began with Anthropic's
    `message_start` must show its `message_stop`.
    """

    exceptions = _COMMON_EXCEPTIONS | {"ModelTimeoutException"}
    unread: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.stop_reason = ""
        self.usage: Usage | None = None
        self._is_anthropic: bool | None = None
        self._stopped = False

    def note(self, frame: Frame) -> None:
        """Look for the first chunk and the last."""
        if frame.kind.name != "chunk":
            return
        chunk = _chunk_bytes(frame.payload)
        if self._is_anthropic is None:
            self._is_anthropic = b'"message_start"' in chunk[:40]
        if b'"amazon-bedrock-invocationMetrics"' in chunk:
            self.usage = _metrics(read_json(chunk).get("amazon-bedrock-invocationMetrics"))
            self._stopped = True
        elif self._is_anthropic and chunk.startswith(b'{"type":"message_stop"'):
            self._stopped = True

    def is_whole(self, *, ended_in_order: bool) -> bool:
        """Tell whether the last chunk was seen; of other formats than Anthropic's a good end is proof enough."""
        return self._stopped or (ended_in_order and not self._is_anthropic)


def read_json(payload: bytes) -> dict[str, Any]:
    """Read what we only look into; what cannot be read there is the client's to judge."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _chunk_bytes(payload: bytes) -> bytes:
    try:
        return base64.b64decode(read_json(payload).get("bytes", ""))
    except (binascii.Error, TypeError, ValueError):
        return b""


def _metrics(metrics: object) -> Usage | None:
    if not isinstance(metrics, dict):
        return None
    return Usage(
        input_tokens=metrics.get("inputTokenCount", 0),
        output_tokens=metrics.get("outputTokenCount", 0),
        cache_read_tokens=metrics.get("cacheReadInputTokenCount", 0),
        cache_write_tokens=metrics.get("cacheWriteInputTokenCount", 0),
    )
