"""What goes wrong with an invocation, in the words of Lambda.

InvocationFailure   an invocation without a (whole) answer: the function's own error, a time-out, a death
Throttled           no environment is free and none may be started
InvalidTransition   a runtime that calls the Runtime API out of turn
"""

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class FunctionError:
    """An error as an invoker sees it: its type, and the JSON document that tells of it."""

    kind: str
    payload: bytes

    @classmethod
    def of(cls, kind: str, message: str) -> Self:
        """Make the error of the platform's own."""
        return cls(kind, json.dumps({"errorType": kind, "errorMessage": message}).encode())


EXIT_ERROR = "Runtime.ExitError"
TRUNCATED_RESPONSE = "Runtime.TruncatedResponse"
TIMED_OUT = "Sandbox.Timedout"
RESPONSE_TOO_LARGE = "Function.ResponseSizeTooLarge"
INVALID_RESPONSE_MODE = "Runtime.InvalidResponseModeHeader"


class InitFailed(Exception):
    """An environment that did not get as far as taking an invocation."""

    def __init__(self, error: FunctionError) -> None:
        super().__init__(error.payload.decode("utf-8", "replace"))
        self.error = error


class Throttled(Exception):  # Lambda's word
    """All environments that may exist are busy."""


class InvalidTransition(Exception):  # the Runtime API's word
    """A Runtime API call that the runtime's state does not allow."""
