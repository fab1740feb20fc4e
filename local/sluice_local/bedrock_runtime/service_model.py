"""botocore's own model of Bedrock Runtime: operations, shapes, stop reasons. Nothing here is written by hand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast
from urllib.parse import unquote

from botocore.model import ServiceModel, StructureShape

from sluice_local.sessions import plain_session

Operation = Literal[
    "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens", "ApplyGuardrail"
]
OPERATIONS: Sequence[Operation] = (
    "Converse",
    "ConverseStream",
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "CountTokens",
    "ApplyGuardrail",
)


@dataclass(frozen=True, slots=True)
class Route:
    """An operation and what its path named, percent-decoded (`{"modelId": "arn:aws:…"}`)."""

    operation: Operation
    labels: dict[str, str]


@cache
def service_model() -> ServiceModel:
    """Return the service model of the botocore that is installed."""
    return plain_session().get_service_model("bedrock-runtime")


def input_shape(operation: Operation) -> StructureShape:
    """Return the shape of an operation's input."""
    return cast("StructureShape", service_model().operation_model(operation).input_shape)


def output_shape(operation: Operation) -> StructureShape:
    """Return the shape of an operation's output; for a streamed one it holds the union of events."""
    return cast("StructureShape", service_model().operation_model(operation).output_shape)


@cache
def stop_reasons() -> Sequence[str]:
    """Return every stop reason of the model (`end_turn`, `tool_use`, …)."""
    return tuple(service_model().shape_for("StopReason").metadata["enum"])


@cache
def stream_exceptions() -> Sequence[str]:
    """Return the exceptions that a Converse stream may hold, in their wire form (`throttlingException`)."""
    events = cast("StructureShape", output_shape("ConverseStream").members["stream"])
    return tuple(name for name, member in events.members.items() if member.metadata.get("exception"))


def find_route(method: str, path: str) -> Route | None:
    """Return the operation of a request. A label may hold encoded slashes, plain ones and colons, as ARNs do."""
    for operation, pattern, operation_method in _routes():
        if method == operation_method and (match := pattern.fullmatch(path)):
            return Route(operation, {name: unquote(value) for name, value in match.groupdict().items()})
    return None


@cache
def _routes() -> Sequence[tuple[Operation, re.Pattern[str], str]]:
    found = []
    for operation in OPERATIONS:
        http = service_model().operation_model(operation).http
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(http["requestUri"]))
        found.append((operation, re.compile(pattern), http["method"]))
    return tuple(found)
