"""`docs/operations.md`: the fields of the log line, and the figures."""

from docs.pages import codes, page
from gateway.aws import connection
from gateway.bedrock.grammar import Usage
from gateway.dialects.stream import Verdict
from gateway.errors import DeadlineReached, StoreUnavailable
from gateway.fronts import function_url
from gateway.metrics import METRICS, NAMESPACE
from gateway.observability import Lag, RequestRecord
from gateway.operations.call import Call
from gateway.settings import read_settings
from gateway.stores import access
from infrastructure.expansion import expand

OPERATIONS = page("docs/operations.md")
# `error` and `cause` would come in the verdict's place; the others are what the told ones are made of.
UNTOLD = {"error", "cause", "asked", "upstream_status", "received_bytes", "counted_as", "ended_at"}


def test_every_field_of_the_log_line_is_in_the_table(monkeypatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-6b050f93-41c3d4f2b07db9281272e070;Sampled=1")
    told = {name for row in OPERATIONS.table("Logs") for name in codes(row[0])}
    assert told == _full_record().fields().keys()


def test_every_metric_is_in_the_table_with_what_it_is_counted_by() -> None:
    told = {codes(name)[0]: (unit, set(codes(by))) for name, unit, _, by in OPERATIONS.table("Metrics")}
    assert told == {metric.name: (metric.unit, set(metric.by)) for metric in METRICS}
    assert f"namespace `{NAMESPACE}`" in OPERATIONS.section("Metrics")


def test_how_many_metrics_are_billed() -> None:
    by = {name: sum(name in metric.by for metric in METRICS) for name in ("model", "caller", "outcome")}
    told = f"{len(METRICS)} for the function, {by['model']} for each model, {by['caller']} for each\ncaller"
    assert told in OPERATIONS.section("Metrics")
    assert f"{by['outcome']} for each outcome" in OPERATIONS.section("Metrics")


def test_the_time_limits_are_the_codes() -> None:
    told = [float(seconds) for _, seconds in OPERATIONS.table("Timing")]
    settings = read_settings({"SLUICE_CATALOG_TABLE": "c", "SLUICE_ACCESS_TABLE": "a"})
    call = Call._field_defaults
    timeout = expand().properties("GatewayFunction")["Timeout"]
    assert told == [
        connection._CONNECT_TIMEOUT,
        connection._SEND_TIMEOUT,
        call["commit_after"],
        call["keep_alive_after"],
        settings.upstream_idle_timeout,
        timeout - function_url._DEADLINE_MARGIN,
    ]


def test_how_long_a_key_is_remembered() -> None:
    assert (access.FRESH_SECONDS, access.OUTAGE_SECONDS) == (30.0, 300.0)
    assert "stops working within 30 seconds" in OPERATIONS.section("The first key")
    assert "in the last five minutes" in OPERATIONS.section("When DynamoDB is down")


def _full_record() -> RequestRecord:
    """Return a record in which everything is known, so that no field of the line is left out."""
    record = RequestRecord("id", "POST")
    record.route, record.caller, record.model, record.region = "route", "caller", "model", "region"
    record.status, record.first_byte_at = 504, 0.0
    record.dialect, record.model_asked, record.is_over_budget = "openai", "asked", True
    record.usage, record.cost_nano_usd, record.is_estimated = Usage(1, 2, 3, 4), 5, True
    over = StoreUnavailable("over")
    over.__cause__ = DeadlineReached("the table's")
    record.verdict = Verdict(over, "end_turn", Usage(1, 2, 3, 4), unknown_events=1)
    record.ignored_fields, record.left_out_tools, record.dropped_betas = ("seed",), 1, ("beta",)
    record.left_away = ("system",)
    record.lag, record.retries, record.stale_catalog_age = Lag(0.001, 0.002), 1, 4_000
    new = vars(RequestRecord("", ""))
    left = {name for name, value in vars(record).items() if value == new[name]} - UNTOLD
    assert left == set(), "a field of the record that this test does not know"
    return record
