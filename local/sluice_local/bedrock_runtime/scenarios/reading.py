"""Scenarios as JSON, for `POST /_emulator/scenarios`: the same fields in the same words, and short words for steps."""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from sluice_local.bedrock_runtime.answering.tokens import pieces
from sluice_local.bedrock_runtime.errors import ServiceError, exception_statuses
from sluice_local.bedrock_runtime.frames import Corruption
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.library import library_names, library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import (
    Cut,
    CutKind,
    Delivery,
    ErrorEvent,
    Event,
    ExceptionEvent,
    RawBytes,
    Scenario,
    Step,
    Wait,
)

JsonObject = Mapping[str, Any]
# Where a scenario goes rather than what it is; read by whoever queues it.
_QUEUE_KEYS = ("times", "operation", "model")
_SECONDS = ("before_headers", "first_event", "interval")


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message says where and why."""


def read_scenario(document: JsonObject) -> Scenario:
    """Read one scenario: `{"library": name}`, or steps or a refusal with a delivery. Raises `ScenarioError`."""
    _only(document, "name", "library", "steps", "refusal", "delivery", "asks_tools", *_QUEUE_KEYS)
    try:
        if "library" in document:
            return _from_library(document["library"])
        return Scenario(
            name=document.get("name", "scripted"),
            steps=tuple(step for at, value in enumerate(document.get("steps", ())) for step in _read_step(at, value)),
            refusal=_read_refusal(document["refusal"]) if document.get("refusal") else None,
            delivery=_read_delivery(document.get("delivery", {})),
            asks_tools=document.get("asks_tools", False),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ScenarioError(f"the scenario cannot be read: {error}") from error


def _from_library(name: str) -> Scenario:
    scenario = library_scenario(name)
    if scenario is None:
        raise ScenarioError(f"no scenario is called {name!r}; there are {', '.join(library_names())}")
    return scenario


def _read_refusal(value: JsonObject) -> ServiceError:
    _only(value, "exception", "status", "message", "members", "headers")
    name = value["exception"]
    status = value.get("status", exception_statuses().get(name))
    if status is None:
        raise ScenarioError(f"{name!r} is no exception of Bedrock Runtime: say which `status` it has")
    return ServiceError(name, status, value.get("message", ""), value.get("members", {}), value.get("headers", {}))


def _read_delivery(value: JsonObject) -> Delivery:
    for name in _SECONDS:
        _number(value, name)
    for name in ("cut", "hang_up"):
        _one_of(value, name, get_args(CutKind))
    chunks = value.get("chunks", "event")
    if chunks not in ("event", "whole") and not (isinstance(chunks, int) and chunks > 0):
        raise ScenarioError("chunks must be event, whole or a number of bytes")
    return Delivery(**value)


def _read_step(at: int, value: JsonObject) -> Iterator[Step]:
    kind = next((known for known in _STEPS if known in value.keys()), None)  # noqa: SIM118  # a text has no keys
    if kind is None:
        raise ScenarioError(f"step {at} must have one of the keys {', '.join(_STEPS)}, not {', '.join(value)}")
    keys, read = _STEPS[kind]
    try:
        _only(value, kind, *keys)
        yield from read(value)
    except ValueError as error:
        raise ScenarioError(f"step {at}: {error}") from error


def _read_event(value: JsonObject) -> Iterator[Step]:
    _one_of(value, "corrupt", get_args(Corruption))
    yield Event(value["event"], value.get("payload", {}), value.get("corrupt", "none"))


def _read_exception(value: JsonObject) -> Iterator[Step]:
    yield ExceptionEvent(value["exception"], {"message": value.get("message", ""), **value.get("members", {})})


def _read_error(value: JsonObject) -> Iterator[Step]:
    yield ErrorEvent(value["error"], value.get("message", ""))


def _read_raw(value: JsonObject) -> Iterator[Step]:
    yield RawBytes(base64.b64decode(value["raw"], validate=True))


def _read_wait(value: JsonObject) -> Iterator[Step]:
    _number(value, "wait")
    yield Wait(value["wait"], value.get("inside", 0))


def _read_cut(value: JsonObject) -> Iterator[Step]:
    _one_of(value, "cut", get_args(CutKind))
    yield Cut(value["cut"], value.get("inside", 0))


def _read_start(_: JsonObject) -> Iterator[Step]:
    yield blocks.message_start()


def _read_text(value: JsonObject) -> Iterator[Step]:
    yield from blocks.text(value.get("index", 0), pieces(value["text"]))


def _read_reasoning(value: JsonObject) -> Iterator[Step]:
    yield from blocks.reasoning(value.get("index", 0), pieces(value["reasoning"]), value.get("signature"))


def _read_tool_use(value: JsonObject) -> Iterator[Step]:
    fragments = blocks.json_fragments(value.get("input", {}))
    tool_use_id = value.get("id", "tooluse_scripted")
    yield from blocks.tool_use(value.get("index", 0), tool_use_id, value["tool_use"], fragments)


def _read_stop(value: JsonObject) -> Iterator[Step]:
    yield blocks.message_stop(value["stop"])
    if "usage" in value:
        yield blocks.metadata({**blocks.usage(0, 0), **value["usage"]})


# What a step is called by, the other keys it may have, and how it is read.
_STEPS: Mapping[str, tuple[tuple[str, ...], Callable[[JsonObject], Iterator[Step]]]] = {
    "event": (("payload", "corrupt"), _read_event),
    "exception": (("message", "members"), _read_exception),
    "error": (("message",), _read_error),
    "raw": ((), _read_raw),
    "wait": (("inside",), _read_wait),
    "cut": (("inside",), _read_cut),
    "start": ((), _read_start),
    "text": (("index",), _read_text),
    "reasoning": (("index", "signature"), _read_reasoning),
    "tool_use": (("index", "id", "input"), _read_tool_use),
    "stop": (("usage",), _read_stop),
}


def _only(value: JsonObject, *allowed: str) -> None:
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise ScenarioError(f"unknown key {unknown[0]!r}; allowed are {', '.join(sorted(allowed))}")


def _number(value: JsonObject, key: str) -> None:
    if not isinstance(value.get(key, 0), int | float):
        raise ScenarioError(f"{key} must be a number of seconds")


def _one_of(value: JsonObject, key: str, allowed: tuple[str, ...]) -> None:
    if value.get(key) is not None and value[key] not in allowed:
        raise ScenarioError(f"{key} must be one of {', '.join(allowed)}")
