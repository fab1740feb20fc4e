"""Scenarios as JSON, for `POST /_emulator/scenarios`: the same fields in the same words."""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sluice_local.bedrock_runtime.answering.tokens import pieces
from sluice_local.bedrock_runtime.errors import ServiceError, exception_statuses
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.library import library_names, library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Cut,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Scenario,
    Step,
    Wait,
)


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message says where and why."""


def read_scenario(document: Mapping[str, Any]) -> Scenario:
    """Read one scenario: `{"library": name}`, or steps or a refusal with a delivery. Raises `ScenarioError`."""
    _only(document, {"name", "library", "steps", "refusal", "delivery", "asks_tools", "times", "operation", "model"})
    try:
        if "library" in document:
            return _from_library(document["library"])
        return Scenario(
            name=document.get("name", "scripted"),
            steps=tuple(step for at, value in enumerate(document.get("steps", ())) for step in _read_step(at, value)),
            refusal=_read_refusal(document["refusal"]) if document.get("refusal") else None,
            delivery=Delivery(**document.get("delivery", {})),
            asks_tools=document.get("asks_tools", False),
        )
    except (TypeError, KeyError, binascii.Error, AttributeError) as error:
        raise ScenarioError(f"the scenario cannot be read: {error}") from error


def _from_library(name: str) -> Scenario:
    scenario = library_scenario(name)
    if scenario is None:
        raise ScenarioError(f"no scenario is called {name!r}; there are {', '.join(library_names())}")
    return scenario


def _read_refusal(value: Mapping[str, Any]) -> ServiceError:
    _only(value, {"exception", "status", "message", "members", "headers"})
    name = value["exception"]
    status = value.get("status", exception_statuses().get(name))
    if status is None:
        raise ScenarioError(f"{name!r} is no exception of Bedrock Runtime: say which `status` it has")
    return ServiceError(name, status, value.get("message", ""), value.get("members", {}), value.get("headers", {}))


def _read_step(at: int, value: Mapping[str, Any]) -> Iterator[Step]:
    kind = next((known for known in _STEPS if known in value), None)
    if kind is None:
        raise ScenarioError(f"step {at} must have one of the keys {', '.join(_STEPS)}, not {', '.join(value)}")
    yield from _STEPS[kind](value)


def _read_event(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"event", "payload", "corrupt"})
    yield Event(value["event"], value.get("payload", {}), value.get("corrupt", "none"))


def _read_exception(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"exception", "message", "members"})
    yield ExceptionEvent(value["exception"], {"message": value.get("message", ""), **value.get("members", {})})


def _read_error(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"error", "message"})
    yield ErrorEvent(value["error"], value.get("message", ""))


def _read_raw(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"raw"})
    yield RawBytes(base64.b64decode(value["raw"], validate=True))


def _read_wait(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"wait", "inside"})
    yield Wait(value["wait"], value.get("inside", 0))


def _read_cut(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"cut", "inside"})
    yield Cut(value["cut"], value.get("inside", 0))


def _read_start(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"start"})
    yield blocks.message_start()


def _read_text(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"text", "index"})
    yield from blocks.text(value.get("index", 0), pieces(value["text"]))


def _read_reasoning(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"reasoning", "index", "signature"})
    yield from blocks.reasoning(value.get("index", 0), pieces(value["reasoning"]), value.get("signature"))


def _read_tool_use(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"tool_use", "index", "input", "id"})
    fragments = blocks.json_fragments(value.get("input", {}))
    yield from blocks.tool_use(value.get("index", 0), value.get("id", "tooluse_scripted"), value["tool_use"], fragments)


def _read_stop(value: Mapping[str, Any]) -> Iterator[Step]:
    _only(value, {"stop", "usage"})
    yield blocks.message_stop(value["stop"])
    if "usage" in value:
        yield blocks.metadata({**blocks.usage(0, 0), **value["usage"]})


_STEPS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Step]]] = {
    "event": _read_event,
    "exception": _read_exception,
    "error": _read_error,
    "raw": _read_raw,
    "wait": _read_wait,
    "cut": _read_cut,
    "start": _read_start,
    "text": _read_text,
    "reasoning": _read_reasoning,
    "tool_use": _read_tool_use,
    "stop": _read_stop,
}


def _only(value: Mapping[str, Any], allowed: set[str]) -> None:
    unknown = sorted(set(value) - allowed)
    if unknown:
        raise ScenarioError(f"unknown key {unknown[0]!r}; allowed are {', '.join(sorted(allowed))}")
