"""How fast Lambda lets a streamed answer out: the first 6 MiB at once, then 2 MiB a second.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html#config-rs-bandwidth
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """A token bucket's size in bytes, and what flows into it in bytes per second."""

    burst: int = 6 * 1024 * 1024
    rate: int = 2 * 1024 * 1024


class TokenBucket:
    """One answer's allowance; full at its start. `clock` is in seconds."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._level: float = pace.burst
        self._filled_at = clock()

    def take(self, count: int) -> float:
        """Take bytes that have been read already; return the seconds to wait before more are read."""
        now = self._clock()
        self._level = min(self._pace.burst, self._level + (now - self._filled_at) * self._pace.rate) - count
        self._filled_at = now
        return max(0.0, -self._level / self._pace.rate)
