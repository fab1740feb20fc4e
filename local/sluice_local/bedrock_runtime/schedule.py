"""From the steps of a scenario to a timetable of bytes, with every fault already in place. Pure; `playing` plays it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from sluice_local.bedrock_runtime.frames import corrupted, error_frame, event_frame, exception_frame
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Chunking,
    Cut,
    CutKind,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Step,
    Wait,
)

# What is due at one time goes to the transport in portions, so that a slow reader leaves little of it in memory.
_PORTION = 64 * 1024


@dataclass(frozen=True, slots=True)
class Write:
    """What is due `at` so many seconds after the headers: HTTP chunks, and `wire`, the same with their framing on.

    The framing is made here, once, because a burst of thousands of events is played again and again by benchmarks.
    """

    at: float
    chunks: tuple[bytes, ...]
    wire: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A body: when its headers leave (seconds after the request), what is written when, and how it ends.

    `length` is what `content-length` says, more than is written where the body is cut; None stands for a chunked body.
    With `hang_up` there is no answer at all.
    """

    before_headers: float
    writes: tuple[Write, ...]
    ends_at: float
    end: CutKind
    length: int | None = None
    hang_up: CutKind | None = None

    @property
    def body(self) -> bytes:
        """Every byte of the body."""
        return b"".join(chunk for write in self.writes for chunk in write.chunks)


@dataclass(frozen=True, slots=True)
class _Timed:
    at: float
    data: bytes


def schedule_stream(steps: Iterable[Step], delivery: Delivery) -> Schedule:
    """Return the timetable of a streamed answer."""
    pieces, ends_at, end = _timed_pieces(steps, delivery)
    if delivery.cut_at is not None:
        pieces, end = _cut_at(pieces, delivery.cut_at), delivery.cut
    writes = tuple(
        _write(at, [piece.data for piece in due], delivery.chunks)
        for at, due in groupby(pieces, key=lambda piece: piece.at)
    )
    return Schedule(delivery.before_headers, writes, ends_at, end, hang_up=delivery.hang_up)


def schedule_body(body: bytes, steps: Sequence[Step], delivery: Delivery) -> Schedule:
    """Return the timetable of an answer that is one JSON document.

    Waits and pace of the steps add up before its headers: nothing leaves before a reply is complete. A cut among the
    steps stops the document half-way.
    """
    _, ends_at, end = _timed_pieces(steps, delivery)
    kept = len(body)
    if delivery.cut_at is not None:
        kept, end = delivery.cut_at, delivery.cut
    elif any(isinstance(step, Cut) for step in steps):
        kept = len(body) // 2
    written = (_write(0.0, [body[:kept]], "whole"),)
    return Schedule(delivery.before_headers + ends_at, written, 0.0, end, len(body), delivery.hang_up)


def encode_step(step: Event | ExceptionEvent | ErrorEvent | RawBytes) -> bytes:
    """Return the bytes of a step that has some."""
    match step:
        case Event(event_type, payload, corrupt):
            return corrupted(event_frame(event_type, payload), corrupt)
        case ExceptionEvent(exception_type, payload):
            return exception_frame(exception_type, payload)
        case ErrorEvent(code, message):
            return error_frame(code, message)
        case RawBytes(data):
            return data
        case _:
            assert_never(step)


def _timed_pieces(steps: Iterable[Step], delivery: Delivery) -> tuple[list[_Timed], float, CutKind]:
    pieces: list[_Timed] = []
    at, frames = delivery.first_event, 0
    breaks: list[Wait | Cut] = []
    for step in steps:
        if isinstance(step, Wait | Cut):
            if step.inside:
                breaks.append(step)
            elif isinstance(step, Cut):
                return pieces, at, step.how
            else:
                at += step.seconds
            continue
        if frames:
            at += delivery.interval
        frames += 1
        at, how = _broken(pieces, encode_step(step), at, breaks)
        if how:
            return pieces, at, how
        breaks = []
    return pieces, at, "end"


def _broken(
    pieces: list[_Timed], frame: bytes, at: float, breaks: Sequence[Wait | Cut]
) -> tuple[float, CutKind | None]:
    """Append a frame with the pauses and the cut that lie inside it; return the time after it and the cut's kind."""
    done = 0
    for pause in breaks:
        pieces.append(_Timed(at, frame[done : pause.inside]))
        done = pause.inside
        if isinstance(pause, Cut):
            return at, pause.how
        at += pause.seconds
    pieces.append(_Timed(at, frame[done:]))
    return at, None


def _cut_at(pieces: Sequence[_Timed], length: int) -> list[_Timed]:
    kept: list[_Timed] = []
    for piece in pieces:
        if length <= 0:
            break
        kept.append(_Timed(piece.at, piece.data[:length]))
        length -= len(piece.data)
    return kept


def _write(at: float, due: Sequence[bytes], chunking: Chunking) -> Write:
    chunks = tuple(_chunked(due, chunking))
    return Write(at, chunks, tuple(_portions(chunks)))


def _chunked(due: Sequence[bytes], chunking: Chunking) -> Iterator[bytes]:
    """Split what is due at one time into HTTP chunks; an empty chunk would end the body, so there is none."""
    match chunking:
        case "event":
            yield from (data for data in due if data)
        case "whole":
            yield from (data for data in [b"".join(due)] if data)
        case size:
            joined = b"".join(due)
            yield from (joined[at : at + size] for at in range(0, len(joined), size))


def _portions(chunks: Iterable[bytes]) -> Iterator[bytes]:
    portion, size = [], 0
    for chunk in chunks:
        portion.append(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        size += len(chunk)
        if size >= _PORTION:
            yield b"".join(portion)
            portion, size = [], 0
    if portion:
        yield b"".join(portion)
