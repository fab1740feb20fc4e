import base64
import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
from awslambdaric.bootstrap import LambdaLoggerHandler
from hypothesis import example, given
from hypothesis import strategies as st
from streaming_runtime.failure import Failure

# What Go's HTTP server, which the Runtime API is, reads of a trailer section at most.
GO_BUFFER = 4096


def raised(error: Exception, depth: int = 0) -> Exception:
    """`error`, raised `depth` calls deep."""

    def descend(level: int) -> None:
        if level:
            descend(level - 1)
        raise error

    with pytest.raises(type(error)) as caught:
        descend(depth)
    return caught.value


def trailers(failure: Failure) -> tuple[str, dict[str, object]]:
    """The error type and the decoded error body."""
    lines = failure.trailers().decode("ascii").split("\r\n")
    assert [line.partition(": ")[0] for line in lines] == [
        "Lambda-Runtime-Function-Error-Type",
        "Lambda-Runtime-Function-Error-Body",
        "",
        "",
    ]
    kind, body = (line.partition(": ")[2] for line in lines[:2])
    return kind, json.loads(base64.b64decode(body, validate=True))


def test_the_trailers_say_type_message_and_where() -> None:
    kind, body = trailers(Failure(raised(ValueError("upstream ended\r\nearly")), "id-1"))
    assert kind == "Function.ValueError"
    assert body["errorMessage"] == "upstream ended\r\nearly"
    assert body["errorType"] == "ValueError"
    assert isinstance(body["stackTrace"], list)
    assert "in descend\n    raise error\n" in body["stackTrace"][-1]
    assert set(body) == {"errorMessage", "errorType", "stackTrace"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ValueError", "Function.ValueError"),
        ("_Http2Error", "Function.HttpError"),
        ("throttled", "Function.Throttled"),
        ("Fehlerß", "Function.Fehler"),
        ("X\r\nSet-Cookie: a", "Function.XSetCookiea"),
        ("_1", "Function.Unknown"),
        ("E" * 9000, "Function." + "E" * 128),
    ],
)
def test_the_type_has_the_form_that_the_platform_does_not_fold(name: str, kind: str) -> None:
    error = type(name, (Exception,), {})("x")
    assert trailers(Failure(raised(error), "id-1"))[0] == kind


@given(st.text(max_size=5000), st.integers(0, 40))
@example("日" * 5000, 0)
@example("x" * 2000, 40)
def test_the_trailers_always_fit_the_buffer_of_a_go_server(message: str, depth: int) -> None:
    failure = Failure(raised(RuntimeError(message), depth), "id-1")
    assert len(failure.trailers()) < GO_BUFFER
    said = trailers(failure)[1]["errorMessage"]
    assert isinstance(said, str)
    assert message.startswith(said)
    assert said or not message


def test_the_innermost_frames_are_the_ones_that_stay() -> None:
    _, body = trailers(Failure(raised(RuntimeError("deep"), 60), "id-1"))
    frames = body["stackTrace"]
    assert isinstance(frames, list)
    assert body["errorMessage"] == "deep"
    assert 1 < len(frames) < 61
    assert "raise error" in frames[-1]


def test_an_error_whose_message_cannot_be_made_is_reported_all_the_same() -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise KeyError("no")

    kind, body = trailers(Failure(raised(UnspeakableError()), "id-1"))
    assert (kind, body["errorMessage"]) == ("Function.UnspeakableError", "(its message could not be made)")


class Sink:
    """Stands where awslambdaric's log sink does."""

    def __init__(self) -> None:
        self.errors: list[list[str]] = []

    def log(self, message: str, frame_type: bytes | None = None) -> None:
        raise AssertionError(message)

    def log_error(self, lines: list[str]) -> None:
        self.errors.append(lines)


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    handler = LambdaLoggerHandler(sink)
    logging.getLogger().addHandler(handler)
    yield sink
    logging.getLogger().removeHandler(handler)


def test_the_log_entry_is_awslambdarics_own(sink: Sink) -> None:
    Failure(raised(ValueError("bad")), "id-1").log()
    (lines,) = sink.errors
    assert lines[:2] == ["[ERROR] ValueError: bad", "Traceback (most recent call last):"]
    assert lines[-1].strip("\u00a0^ ") in ("raise error", "")


def test_the_log_entry_goes_to_stdout_when_the_function_took_the_handlers_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    Failure(raised(ValueError("bad")), "id-1").log()
    assert stdout.getvalue().startswith("[ERROR] ValueError: bad\rTraceback (most recent call last):\r")
