"""Which Runtime API calls a runtime may make when, as Lambda's own Runtime API allows and names them.

Found out by calls to the one in AWS's runtime interface emulator; the tests hold the two against each other.
"""

from enum import StrEnum

from sluice_local.lambda_service.errors import InvalidTransition


class State(StrEnum):
    """Where a runtime is; the values are what refusals call it."""

    STARTED = "Started"
    INIT_ERROR = "InitError"
    RESTORE_READY = "RestoreReady"
    READY = "Ready"
    RUNNING = "Running"
    RESPONDING = "InvocationResponse"
    RESPONDING_ERROR = "InvocationErrorResponse"
    SENT = "RuntimeResponseSentState"


_ALLOWED_FROM = {
    State.INIT_ERROR: {State.STARTED, State.RESTORE_READY},
    State.RESTORE_READY: {State.STARTED},
    # A runtime that asks again while it has an invocation is given the same one again.
    State.READY: {State.STARTED, State.RESTORE_READY, State.READY, State.SENT},
    State.RUNNING: {State.READY, State.RUNNING},
    State.RESPONDING: {State.RUNNING},
    State.RESPONDING_ERROR: {State.RUNNING},
    State.SENT: {State.RUNNING, State.RESPONDING, State.RESPONDING_ERROR},
}


class RuntimeState:
    """The state of one environment's runtime."""

    def __init__(self) -> None:
        self.current = State.STARTED

    def move(self, target: State) -> None:
        """Go there. Raises `InvalidTransition` with the message of Lambda's refusal."""
        if self.current not in _ALLOWED_FROM.get(target, set()):
            raise InvalidTransition(
                f"State transition from {self.current} to {target} failed for runtime. "
                "Error: State transition is not allowed"
            )
        self.current = target
