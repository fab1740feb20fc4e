"""The recordings hold all that Bedrock's service model lets a stream hold, and the traps that others have met."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.model import ListShape, MapShape, Shape, StructureShape
from golden.cases import BROKEN, CASES, FOLDER
from golden.dialects import ENCODERS
from sluice_local.bedrock_runtime.service_model import output_shape, stop_reasons, stream_exceptions

STREAM = output_shape("ConverseStream").members["stream"]
# What these hold is passed on as it is, or is no business of a dialect's.
OPAQUE = frozenset({"trace", "additionalModelResponseFields"})

every_translator = pytest.mark.parametrize("dialect", [dialect for dialect in ENCODERS if dialect != "native.bin"])


@cache
def frames(case: str) -> list[tuple[dict[str, str], Any]]:
    """Return headers and payload of each frame that botocore can read, and whose payload is JSON."""
    buffer = EventStreamBuffer()
    buffer.add_data((FOLDER / case / "native.bin").read_bytes())
    # One recording is of a payload that is none.
    return [(frame.headers, json.loads(frame.payload or b"{}")) for frame in buffer if frame.payload != b"{"]


@cache
def events() -> list[tuple[str, Any]]:
    """Return name and payload of every event of every recording."""
    return [(name, payload) for case in CASES for head, payload in frames(case) if (name := head.get(":event-type"))]


def modelled(shape: Shape, path: str) -> Iterator[str]:
    """Yield the path of every member below a shape."""
    if isinstance(shape, ListShape):
        yield from modelled(shape.member, path)
    elif isinstance(shape, StructureShape) and not isinstance(shape, MapShape):
        for name, member in shape.members.items():
            yield f"{path}.{name}"
            if name not in OPAQUE:
                yield from modelled(member, f"{path}.{name}")


def found_in(value: Any, path: str) -> Iterator[str]:
    """Yield the path of every member of a payload."""
    if isinstance(value, list):
        for item in value:
            yield from found_in(item, path)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield f"{path}.{name}"
            yield from found_in(member, f"{path}.{name}")


def sent(case: str, dialect: str) -> str:
    return (FOLDER / case / dialect).read_text()


def kinds(case: str) -> list[str]:
    return [head[":event-type"] for head, _ in frames(case)]


def blocks(case: str) -> list[tuple[str, str]]:
    """Return what Anthropic's clients are told of blocks: `start` or `stop`, and the index."""
    return re.findall(r'"type":"content_block_(start|stop)","index":(\d+)', sent(case, "anthropic_messages.sse"))


def test_every_event_of_the_service_model_and_every_member_of_one_is_recorded() -> None:
    assert isinstance(STREAM, StructureShape)
    told = {name: event for name, event in STREAM.members.items() if name not in stream_exceptions()}
    expected = {path for name, event in told.items() for path in (name, *modelled(event, name))}
    found = {path for name, payload in events() for path in (name, *found_in(payload, name))}
    assert sorted(expected - found) == []


def test_every_stop_reason_of_the_service_model_is_recorded_and_some_that_it_does_not_know_yet() -> None:
    found = {payload["stopReason"] for name, payload in events() if name == "messageStop"}
    assert found >= {*stop_reasons(), "refusal", "solar_flare"}


def test_every_exception_of_the_service_model_is_recorded() -> None:
    found = {head.get(":exception-type") for case in BROKEN for head, _ in frames(case)}
    assert found >= {*stream_exceptions()}


@pytest.mark.parametrize("case", ["text", "reasoning", "citations"])
def test_trap_1_text_and_reasoning_come_without_a_start_and_get_one(case: str) -> None:
    assert "contentBlockStart" not in kinds(case)
    told = blocks(case)
    assert told
    assert told == [(kind, str(index)) for index in range(len(told) // 2) for kind in ("start", "stop")]


@every_translator
def test_trap_2_usage_that_comes_after_the_stop_is_told(dialect: str) -> None:
    assert kinds("text")[-2:] == ["messageStop", "metadata"]
    assert re.search(r'"(?:output|completion)_tokens":10\b', sent("text", dialect))


def test_trap_3_blocks_that_bedrock_never_stopped_are_closed_before_the_next_one_begins() -> None:
    assert "contentBlockStop" not in kinds("no-block-stops")
    assert blocks("no-block-stops") == [("start", "0"), ("stop", "0")]
    assert blocks("tool-use-then-text-without-stops") == [("start", "0"), ("stop", "0"), ("start", "1"), ("stop", "1")]


def test_trap_4_openai_counts_tool_calls_where_bedrock_counts_blocks() -> None:
    assert [payload["contentBlockIndex"] for _, payload in frames("tool-use") if "start" in payload] == [1]
    assert set(re.findall(r'"tool_calls":\[\{"index":(-?\d+)', sent("tool-use", "openai_chat.sse"))) == {"0"}


@every_translator
def test_trap_5_an_exception_inside_the_stream_is_told_as_an_error(dialect: str) -> None:
    assert "Too many tokens, please wait before trying again." in sent("broken-by-throttling", dialect)


@pytest.mark.parametrize("case", ["broken-before-the-stop", "broken-inside-a-frame", "broken-without-a-stop"])
def test_trap_6_a_stream_that_just_ends_does_not_look_finished(case: str) -> None:
    assert "[DONE]" not in sent(case, "openai_chat.sse")
    assert '"finish_reason":"' not in sent(case, "openai_chat.sse")
    assert "message_stop" not in sent(case, "anthropic_messages.sse")
    assert "response.completed" not in sent(case, "openai_responses.sse")
