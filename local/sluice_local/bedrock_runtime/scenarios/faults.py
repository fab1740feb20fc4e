"""Library scenarios in which a stream that began goes wrong."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sluice_local.bedrock_runtime.scenarios.replies import plain
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Cut,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Scenario,
    Step,
)
from sluice_local.bedrock_runtime.service_model import stream_exceptions

# Where the fault strikes: the message has started and two deltas of text are out.
_BEGUN = 3

_EXCEPTIONS: Mapping[str, Mapping[str, Any]] = {
    "internalServerException": {"message": "The system encountered an unexpected error during processing."},
    "modelStreamErrorException": {
        "message": "The model stream ended with an error.",
        "originalStatusCode": 500,
        "originalMessage": "upstream model worker went away",
    },
    "validationException": {"message": "The model produced invalid output."},
    "throttlingException": {"message": "Too many tokens, please wait before trying again."},
    "serviceUnavailableException": {"message": "Bedrock is unable to process your request."},
}


def midstream_exception(exception_type: str) -> tuple[Step, ...]:
    """Return a reply that an exception frame ends after its first words."""
    payload = _EXCEPTIONS.get(exception_type, {"message": "An exception of the emulator."})
    return (*plain()[:_BEGUN], ExceptionEvent(exception_type, payload))


def _without(event_type: str) -> tuple[Step, ...]:
    return tuple(event for event in plain() if event.type != event_type)


def _corrupt(corruption: str) -> tuple[Step, ...]:
    events = list(plain())
    struck = events[_BEGUN]
    events[_BEGUN] = Event(struck.type, struck.payload, "message_crc" if corruption == "message" else "prelude_crc")
    return tuple(events)


def _struck(*steps: Step) -> tuple[Step, ...]:
    return (*plain()[:_BEGUN], *steps, *plain()[_BEGUN:])


def _kebab(exception_type: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", exception_type.removesuffix("Exception")).lower()


_STEPS: Mapping[str, Callable[[], tuple[Step, ...]]] = {
    **{f"midstream-{_kebab(name)}": partial(midstream_exception, name) for name in stream_exceptions()},
    "midstream-unknown-exception": lambda: midstream_exception("quantumDecoherenceException"),
    "midstream-error": lambda: (
        *plain()[:_BEGUN],
        ErrorEvent("InternalFailure", "An internal server error occurred"),
    ),
    "exception-first": lambda: (ExceptionEvent("throttlingException", _EXCEPTIONS["throttlingException"]),),
    "no-events": lambda: (Cut("end"),),
    "cut-before-stop": lambda: (*plain()[:_BEGUN], Cut("end")),
    "cut-midframe": lambda: _struck(Cut("end", inside=40)),
    "reset": lambda: _struck(Cut("reset")),
    "reset-before-first-event": lambda: (Cut("reset"),),
    "reset-midframe": lambda: _struck(Cut("reset", inside=40)),
    "no-message-stop": lambda: _without("messageStop"),
    "no-metadata": lambda: _without("metadata"),
    "no-block-stop": lambda: _without("contentBlockStop"),
    "no-message-start": lambda: _without("messageStart"),
    "bad-message-crc": lambda: _corrupt("message"),
    "bad-prelude-crc": lambda: _corrupt("prelude"),
    "garbage": lambda: _struck(RawBytes(b"<html>502 Bad Gateway</html>")),
}


def _scenario(name: str) -> Scenario:
    return Scenario(name, _STEPS[name]())


FAULTS: Mapping[str, Callable[[], Scenario]] = {
    **{name: partial(_scenario, name) for name in _STEPS},
    "reset-before-headers": lambda: Scenario("reset-before-headers", plain(), delivery=Delivery(hang_up="reset")),
    "hang-up": lambda: Scenario("hang-up", plain(), delivery=Delivery(hang_up="end")),
}
