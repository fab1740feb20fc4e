"""What a scripted call answers: a refusal, or the steps of a stream and the way they reach the wire.

The same steps answer every operation: a Converse call gets them assembled into one message, an Anthropic body gets them
translated. Payloads are the wire's JSON (blobs as base64 text), in Bedrock's spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.frames import Corruption

CutKind = Literal["end", "reset"]
Chunking = Literal["event", "whole"] | int


@dataclass(frozen=True, slots=True)
class Event:
    """A frame with an event (`contentBlockDelta`, …), modelled or not."""

    type: str
    payload: Mapping[str, Any]
    corrupt: Corruption = "none"


@dataclass(frozen=True, slots=True)
class ExceptionEvent:
    """A frame with an exception, after which Bedrock ends the stream; lower camel case (`throttlingException`)."""

    type: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """A frame `:message-type: error`, which no model lists."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RawBytes:
    """Bytes that are no frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause of some seconds, `inside` so many bytes of the frame that follows it."""

    seconds: float
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """The stream stops, `inside` so many bytes of the frame that follows: a clean HTTP end, or a connection reset."""

    how: CutKind
    inside: int = 0


type Step = Event | ExceptionEvent | ErrorEvent | RawBytes | Wait | Cut


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the steps reach the wire.

    Seconds: `before_headers`, then `first_event` after the headers, then `interval` between events, counted from the
    first one so that a slow reader does not stretch the schedule. `chunks`: one HTTP chunk an event, one for all, or
    chunks of so many bytes. `cut_at` is a byte of the body, where it stops in the manner of `cut`. `hang_up` is a
    connection that ends instead of an answer.
    """

    before_headers: float = 0.0
    first_event: float = 0.0
    interval: float = 0.0
    chunks: Chunking = "event"
    cut_at: int | None = None
    cut: CutKind = "end"
    hang_up: CutKind | None = None


AT_ONCE = Delivery()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scripted answer.

    `asks_tools` marks a scenario that calls tools: asked again with their results, the emulator answers by itself
    instead of calling them for ever.
    """

    name: str
    steps: tuple[Step, ...] = ()
    refusal: ServiceError | None = None
    delivery: Delivery = field(default=AT_ONCE)
    asks_tools: bool = False
