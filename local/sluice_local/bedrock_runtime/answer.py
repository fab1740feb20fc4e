"""What goes back for one request: a status, headers and the timetable of a body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice_local.bedrock_runtime.errors import ServiceError, exception_statuses
from sluice_local.bedrock_runtime.frames import CONTENT_TYPE, encode_json
from sluice_local.bedrock_runtime.scenarios.scenario import (
    AT_ONCE,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    Scenario,
)
from sluice_local.bedrock_runtime.schedule import Schedule, schedule_body

JSON_HEADER = ("content-type", "application/json")
STREAM_HEADER = ("content-type", CONTENT_TYPE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `x-amzn-requestid` is added where it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    schedule: Schedule


def refusal_answer(error: ServiceError, delivery: Delivery = AT_ONCE) -> Answer:
    """Return a refusal as AWS writes it: `x-amzn-errortype` and a body with the message."""
    headers = (JSON_HEADER, ("x-amzn-errortype", error.error_type), *error.headers.items())
    return Answer(error.status, headers, schedule_body(encode_json(error.body), (), delivery))


def json_answer(
    document: Mapping[str, Any], scenario: Scenario | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Return a JSON document; the scenario it was assembled from says how long it takes and whether it is cut."""
    steps, delivery = (scenario.steps, scenario.delivery) if scenario else ((), AT_ONCE)
    return Answer(200, (JSON_HEADER, *headers), schedule_body(encode_json(document), steps, delivery))


def stream_answer(schedule: Schedule, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """Return a stream of frames."""
    return Answer(200, (STREAM_HEADER, *headers), schedule)


def events_of(scenario: Scenario) -> tuple[Event, ...]:
    """Return the events of a scenario whose answer is one document.

    What would be an error inside a stream is a refusal there: raises the exception with its modelled status.
    """
    for step in scenario.steps:
        match step:
            case ExceptionEvent(exception_type, payload):
                name = exception_type[:1].upper() + exception_type[1:]
                members = {key: value for key, value in payload.items() if key != "message"}
                status = exception_statuses().get(name, 500)
                raise ServiceError(name, status, str(payload.get("message", "")), members)
            case ErrorEvent(code, message):
                raise ServiceError(code, 500, message)
            case _:
                pass
    return tuple(step for step in scenario.steps if isinstance(step, Event))
