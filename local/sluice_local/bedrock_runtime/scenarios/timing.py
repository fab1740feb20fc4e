"""Library scenarios about time and sizes: bursts for benchmarks, pace, stalls."""

from collections.abc import Callable, Mapping

from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.replies import plain
from sluice_local.bedrock_runtime.scenarios.scenario import Delivery, Event, Scenario, Step, Wait

_STALL_SECONDS = 3600.0
# Five characters a delta, as real models send on average.
_WORDS = ("lorem", " ipsu", "m dol", "or si", "t ame", "t, co", "nsect", "etur ")


def burst(deltas: int) -> Scenario:
    """Return so many text deltas of five characters, all due at once."""
    return Scenario(f"burst-{deltas}", _deltas(deltas))


def paced(deltas: int) -> Scenario:
    """Return so many deltas: the first after 200 ms, then one every 10 ms."""
    start, *rest = _deltas(deltas)
    return Scenario(f"paced-{deltas}", (start, Wait(0.19), *rest), delivery=Delivery(interval=0.01))


def slow(deltas: int) -> Scenario:
    """Return so many deltas, four a second."""
    return Scenario(f"slow-{deltas}", _deltas(deltas), delivery=Delivery(interval=0.25))


def chunked(size: int) -> Scenario:
    """Return a plain reply in HTTP chunks of so many bytes, which end anywhere inside frames."""
    return Scenario(f"chunks-{size}", plain(), delivery=Delivery(chunks=max(1, size)))


def cut_at(position: int) -> Scenario:
    """Return a plain reply whose body ends, cleanly for HTTP, after so many bytes."""
    return Scenario(f"cut-at-{position}", plain(), delivery=Delivery(cut_at=position, cut="end"))


def reset_at(position: int) -> Scenario:
    """Return a plain reply whose connection is reset after so many bytes of the body."""
    return Scenario(f"reset-at-{position}", plain(), delivery=Delivery(cut_at=position, cut="reset"))


def _deltas(count: int) -> tuple[Event, ...]:
    pieces = [_WORDS[at % len(_WORDS)] for at in range(count)]
    return (
        blocks.message_start(),
        *blocks.text(0, pieces),
        blocks.message_stop("end_turn"),
        blocks.metadata(blocks.usage(12, count)),
    )


def _stalled(name: str, at: int, inside: int = 0) -> Callable[[], Scenario]:
    steps: tuple[Step, ...] = plain()
    return lambda: Scenario(name, (*steps[:at], Wait(_STALL_SECONDS, inside), *steps[at:]))


NUMBERED: Mapping[str, Callable[[int], Scenario]] = {
    "burst": burst,
    "paced": paced,
    "slow": slow,
    "chunks": chunked,
    "cut-at": cut_at,
    "reset-at": reset_at,
}

TIMED: Mapping[str, Callable[[], Scenario]] = {
    "stall-before-headers": lambda: Scenario(
        "stall-before-headers", plain(), delivery=Delivery(before_headers=_STALL_SECONDS)
    ),
    "stall-before-first-event": _stalled("stall-before-first-event", 0),
    "stall-between-events": _stalled("stall-between-events", 3),
    "stall-inside-frame": _stalled("stall-inside-frame", 3, inside=40),
    "whole": lambda: Scenario("whole", plain(), delivery=Delivery(chunks="whole")),
}
