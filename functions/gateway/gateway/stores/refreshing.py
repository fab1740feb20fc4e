"""Asks for a refresh of the catalog where there is none, one at a time. The gateway itself lists nothing."""

import time
from collections.abc import Callable
from threading import Lock, Thread
from typing import TYPE_CHECKING, Protocol

from gateway import observability

if TYPE_CHECKING:
    from gateway.aws.lambda_function import LambdaFunction

# How long a list of models waits for a refresh. One of a large account takes a few seconds, its cold start included.
WAIT_SECONDS = 20.0
# How long nobody asks again after a failure, and no request for a model after a refresh was begun.
FAILED_SECONDS = 5.0
BEGUN_SECONDS = 60.0

_EVENT = {"source": "sluice.gateway"}


class Refreshing(Protocol):
    """Has the catalog refreshed."""

    def run(self) -> str:
        """Have it refreshed, wait for it, and return the refresh's status; empty: it failed, or was not asked for."""

    def begin(self) -> None:
        """Have it refreshed without waiting, unless that was asked for a moment ago."""


class NoRefreshing:
    """There is no function to ask."""

    def run(self) -> str:
        """Do nothing."""
        return ""

    def begin(self) -> None:
        """Do nothing."""


class RefreshFunction:
    """Invokes the refresh function. `make` makes its client, which few environments ever need."""

    def __init__(self, make: "Callable[[], LambdaFunction]", clock: Callable[[], float] = time.time) -> None:
        self._make = make
        self._clock = clock
        self._function: LambdaFunction | None = None
        self._running = Lock()
        self._runs = 0
        self._status = ""
        self._failed_at = float("-inf")
        self._begun_at = float("-inf")

    def run(self) -> str:
        """Have the catalog refreshed and wait; who comes meanwhile shares the outcome."""
        runs = self._runs
        with self._running:
            if self._runs != runs:
                return self._status
            self._status = "" if self._has_failed() else self._invoke()
            self._runs += 1
            return self._status

    def begin(self) -> None:
        """Start a refresh in a thread: a request for a model must not wait even for Lambda's receipt."""
        if self._running.locked() or self._has_failed() or self._is_within(BEGUN_SECONDS, self._begun_at):
            return
        self._begun_at = self._clock()
        Thread(target=self._start, name="refresh", daemon=True).start()

    def _invoke(self) -> str:
        from gateway.aws.lambda_function import InvocationFailed

        try:
            answer = self._client().invoke(_EVENT, WAIT_SECONDS)
        except InvocationFailed as error:
            self._failed(error)
            return ""
        return str(answer.get("status", "")) if isinstance(answer, dict) else ""

    def _start(self) -> None:
        from gateway.aws.lambda_function import InvocationFailed

        try:
            self._client().start(_EVENT)
        except InvocationFailed as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._failed_at = self._clock()
        observability.warn("The catalog could not be refreshed", reason=str(error))

    def _has_failed(self) -> bool:
        return self._is_within(FAILED_SECONDS, self._failed_at)

    def _is_within(self, seconds: float, since: float) -> bool:
        # A clock that was set back must not keep a refresh away for ever.
        return 0 <= self._clock() - since < seconds

    def _client(self) -> "LambdaFunction":
        if self._function is None:
            self._function = self._make()
        return self._function
