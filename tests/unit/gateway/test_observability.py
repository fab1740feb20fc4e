import json
import uuid

import pytest
from gateway import observability
from gateway.bedrock.grammar import Usage
from gateway.dialects.stream import Verdict
from gateway.errors import AnswerAbandoned, InternalFailure, StoreUnavailable, StreamBroken, Unauthenticated
from gateway.logged_body import LoggedBody
from gateway.observability import RequestRecord, log_request

SECRET = "slc_aaaaaaaaaaaaaaaa_" + "b" * 52


def record(**known):
    made = RequestRecord("request-1", "POST")
    for name, value in known.items():
        setattr(made, name, value)
    return made


def test_what_is_unknown_is_left_out():
    fields = record().fields()
    assert fields.pop("duration_ms") >= 0
    assert fields == {"request_id": "request-1", "method": "POST", "status": 0, "outcome": "ok"}


def test_a_whole_answer_is_one_line_of_facts():
    line = record(route="converse", dialect="native", caller="k1", model_asked="a", model="m", status=200)
    line.verdict = Verdict(stop_reason="end_turn", unknown_events=5)
    line.usage, line.cost_nano_usd, line.is_estimated, line.is_over_budget = Usage(1, 2, 3, 4), 1_500_000, True, True
    line.first_byte_at = line.started_at + 0.25
    fields = line.fields()
    fields.pop("duration_ms")
    assert fields == {
        "request_id": "request-1",
        "method": "POST",
        "route": "converse",
        "dialect": "native",
        "caller": "k1",
        "model_asked": "a",
        "model": "m",
        "status": 200,
        "outcome": "ok",
        "stop_reason": "end_turn",
        "first_byte_ms": 250.0,
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_tokens": 3,
        "cache_write_tokens": 4,
        "cost_usd": 0.0015,
        "is_estimated": True,
        "is_over_budget": True,
        "unknown_events": 5,
    }


def test_a_cost_that_nobody_knows_is_unknown_and_never_zero():
    line = record()
    line.usage = Usage(1, 2)
    assert line.fields()["cost_usd"] == "unknown"


@pytest.mark.parametrize(
    ("error", "verdict", "outcome", "aws_type"),
    [
        (Unauthenticated("x"), None, "Unauthenticated", "UnrecognizedClientException"),
        (None, Verdict(error=StreamBroken("x")), "StreamBroken", "ModelStreamErrorException"),
        (None, Verdict(error=AnswerAbandoned("x")), "AnswerAbandoned", "ModelStreamErrorException"),
        (InternalFailure("x"), Verdict(), "InternalFailure", "InternalServerException"),
    ],
)
def test_the_outcome_is_the_errors_name_and_never_its_text(error, verdict, outcome, aws_type):
    fields = record(error=error, verdict=verdict).fields()
    assert (fields["outcome"], fields["aws_type"]) == (outcome, aws_type)
    assert "x" not in fields.values()


def test_what_is_wrong_with_a_table_is_told_to_its_operator():
    error = StoreUnavailable("Your API key cannot be checked right now.")
    error.__cause__ = StoreUnavailable("the row KEY#k1 cannot be read")
    assert record(error=error).fields()["cause"] == "the row KEY#k1 cannot be read"
    assert "cause" not in record(error=StoreUnavailable("x")).fields()
    other = InternalFailure("x")
    other.__cause__ = ValueError("a prompt")
    assert "cause" not in record(error=other).fields()


def test_the_trace_is_named_where_there_is_one(monkeypatch):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-abc;Parent=def;Sampled=1")
    assert record().fields()["xray_trace_id"] == "1-abc"


def logged(capsys, line):
    log_request(line)
    (written,) = capsys.readouterr().out.splitlines()
    return json.loads(written)


@pytest.fixture
def _new_environment(monkeypatch):
    """Let the next line be the first of its environment: Powertools keeps the output that its logger was made with."""
    monkeypatch.setattr(observability, "_logger", None)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"gateway-{uuid.uuid4()}")


@pytest.mark.usefixtures("_new_environment")
def test_a_request_is_one_line_of_json(capsys):
    line = logged(capsys, record(route="converse", status=200))
    assert (line["level"], line["message"], line["route"], line["status"]) == ("INFO", "request", "converse", 200)


def fault():
    """An error that came of another one, both of which quote what they could not read."""
    try:
        try:
            int("a prompt")
        except ValueError as error:
            raise KeyError("a prompt") from error
    except KeyError as error:
        return error


@pytest.mark.usefixtures("_new_environment")
@pytest.mark.parametrize("name", ["naïve", "half of one: \ud83d"])
def test_any_text_makes_a_line(capsys, name):
    assert logged(capsys, record(model_asked=name))["model_asked"] == name


@pytest.mark.usefixtures("_new_environment")
def test_a_fault_of_ours_is_an_error_with_its_cause(capsys):
    line = logged(capsys, record(error=InternalFailure("Sluice failed"), cause=fault()))
    assert (line["level"], line["exception_name"], line["outcome"]) == ("ERROR", "KeyError", "InternalFailure")
    [raised, outer, caused, inner] = line["raised_at"]
    assert (outer, inner) == ("KeyError", "ValueError")
    assert all(where.endswith(":fault") and where.startswith(__file__) for where in (raised, caused))


@pytest.mark.usefixtures("_new_environment")
def test_the_text_of_a_fault_is_not_logged_since_it_may_quote_the_request(capsys):
    assert "prompt" not in str(logged(capsys, record(error=InternalFailure("Sluice failed"), cause=fault())))


@pytest.mark.usefixtures("_new_environment")
@pytest.mark.parametrize("name", ["prompt text with spaces", SECRET + "!", "a" * 41, "", "naïve"])
def test_a_name_a_client_made_up_is_logged_only_if_it_is_one(capsys, name):
    line = logged(capsys, record(ignored_fields=("store", name)))
    assert line["ignored_fields"] == ["store", "(unprintable)"]


@pytest.mark.parametrize("method", [SECRET, "tell me", ""])
def test_a_method_that_is_none_is_not_logged(method):
    assert RequestRecord("request-1", method).fields()["method"] == "(unprintable)"


class Body:
    """A body that counts its closes."""

    def __init__(self, *pieces, fails=False):
        self._pieces = iter(pieces)
        self._fails = fails
        self.closes = 0

    def __iter__(self):
        return self._pieces

    def close(self):
        self.closes += 1
        if self._fails:
            raise OSError("stuck")


def test_the_line_is_written_once_when_the_body_is_closed():
    lines, body, line = [], Body(b"a", b"b"), record()
    logged_body = LoggedBody(body, line, lines.append)
    assert list(logged_body) == [b"a", b"b"]
    assert lines == []
    logged_body.close()
    logged_body.close()
    assert lines == [line]
    assert body.closes == 1


def test_the_first_byte_is_timed_and_no_later_one():
    line = record()
    pieces = iter(LoggedBody([b"a", b"b"], line, lambda _: None))
    assert line.first_byte_at is None
    next(pieces)
    first = line.first_byte_at
    assert first is not None
    next(pieces)
    assert line.first_byte_at == first


def test_a_body_closed_before_it_was_drawn_is_logged_too():
    lines = []
    LoggedBody([b"a"], record(), lines.append).close()
    assert len(lines) == 1


def test_a_body_that_fails_to_close_is_logged_all_the_same():
    lines = []
    with pytest.raises(OSError, match="stuck"):
        LoggedBody(Body(fails=True), record(), lines.append).close()
    assert len(lines) == 1
