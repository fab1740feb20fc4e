"""What clients are asked, and what they make of the answers: in the same terms for every SDK."""

import time
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field
from typing import Any

from sluice_local.lambda_service import RunningFunctionUrl


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway as a client is set up for it. `attempts` is how often the client may ask in all."""

    url: str
    tls_url: str
    ca_bundle: str
    key: str
    attempts: int = 1

    def over(self, scheme: str) -> "Target":
        """Return the same gateway, reached over http or https only."""
        return replace(self, url=self.tls_url) if scheme == "https" else replace(self, tls_url=self.url)


def target_of(gateway: RunningFunctionUrl, key: str, prefix: str = "") -> Target:
    """Return a gateway with a key to it; `prefix` is the path below which it serves."""
    return Target(gateway.url + prefix, gateway.tls_url + prefix, gateway.ca_bundle, key)


@dataclass(frozen=True, slots=True)
class Failure:
    """What a client raised. kind: the exception's class, or what the SDK tells its classes by."""

    kind: str
    status: int | None
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client made of an answer.

    arrivals: when each piece of text came, in seconds since the question. usage: tokens in and out. reply: what else
    the client gave.
    """

    text: str
    arrivals: tuple[float, ...]
    seconds: float
    stop_reason: str | None = None
    usage: tuple[int, int] | None = None
    failure: Failure | None = None
    reply: Any = None


@dataclass(slots=True)
class Answer:
    """An answer as it arrives; `on_text` is called for each piece of it."""

    on_text: Callable[[], object] | None = None
    texts: list[str] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    stop_reason: str | None = None
    usage: tuple[int, int] | None = None
    reply: Any = None
    began: float = field(default_factory=time.perf_counter)

    def take(self, text: str) -> None:
        """Note a piece of text."""
        self.texts.append(text)
        self.arrivals.append(self._seconds())
        if self.on_text:
            self.on_text()

    def outcome(self, failure: Failure | None = None) -> Outcome:
        """Return what has become of it."""
        text, arrivals = "".join(self.texts), tuple(self.arrivals)
        return Outcome(text, arrivals, self._seconds(), self.stop_reason, self.usage, failure, self.reply)

    def _seconds(self) -> float:
        return time.perf_counter() - self.began
