import json
import time

import pytest
from gateway.bedrock.grammar import Usage
from gateway.dialects.stream import Verdict
from gateway.errors import BudgetSpent, RateLimited, StreamBroken, UpstreamRefused
from gateway.metrics import METRICS, OTHER_MODEL, _directives, count_request, embedded
from gateway.observability import Lag, RequestRecord

WHOLE = ["function_name", "service"]


def record(**known):
    made = RequestRecord("request-1", "POST")
    for name, value in {"started_at": 10.0, "ended_at": 10.5, "status": 200, **known}.items():
        setattr(made, name, value)
    return made


def full_record():
    """A request of which everything is counted."""
    line = record(
        caller="arn:session", counted_as="arn:role", model="m", first_byte_at=10.25, lag=Lag(0.001, 0.003), retries=1
    )
    line.usage, line.is_estimated, line.ignored_fields = Usage(1, 2, 3, 4), True, ("a", "b")
    line.left_out_tools, line.dropped_betas, line.stale_catalog_age = 3, ("beta",), 4_000
    line.verdict = Verdict(error=UpstreamRefused(429, "ThrottlingException", "x"), unknown_events=5)
    return line


def told_of(line, metrics_by="by-model-and-caller", *, is_known_model=True):
    return json.loads(embedded(line, metrics_by, is_known_model=is_known_model))


def values_of(line, metrics_by="by-model-and-caller", *, is_known_model=True):
    """The metrics' values, by name."""
    told = told_of(line, metrics_by, is_known_model=is_known_model)
    return {metric.name: told[metric.name] for metric in METRICS if metric.name in told}


def breakdowns_of(line, metrics_by="by-model-and-caller", *, is_known_model=True):
    """What the line counts by: the last dimension of each set and its value, and the metrics' names."""
    told = told_of(line, metrics_by, is_known_model=is_known_model)
    directives = told["_aws"]["CloudWatchMetrics"]
    assert {directive["Namespace"] for directive in directives} == {"Sluice"}
    sets = [(directive["Dimensions"], [each["Name"] for each in directive["Metrics"]]) for directive in directives]
    [whole, *others] = [(dimensions, names) for [dimensions], names in sets]
    assert whole[0] == WHOLE
    assert all(dimensions[:-1] == WHOLE for dimensions, _ in others)
    return {(dimensions[-1], told[dimensions[-1]]): names for dimensions, names in others}


def test_every_metric_has_its_value():
    assert values_of(full_record()) == {
        "Requests": 1,
        "Failures": 1,
        "Throttles": 1,
        "InputTokens": 1,
        "OutputTokens": 2,
        "CacheReadTokens": 3,
        "CacheWriteTokens": 4,
        "TimeToFirstByte": 250,
        "Duration": 500,
        "Lag": 3,
        "Retries": 1,
        "EstimatedRequests": 1,
        "UnpricedRequests": 1,
        "IgnoredFields": 2,
        "LeftOutTools": 3,
        "DroppedBetas": 1,
        "UnknownEvents": 5,
        "CatalogAge": 4_000,
    }


def test_a_known_cost_is_dollars_and_an_unknown_one_is_no_zero():
    line = record(usage=Usage(1, 2), cost_nano_usd=1_500_000)
    assert values_of(line)["Cost"] == 0.0015
    assert "UnpricedRequests" not in values_of(line)
    assert "Cost" not in values_of(record(usage=Usage(1, 2)))


def test_of_what_did_not_happen_nothing_is_counted_but_that_nothing_failed():
    assert values_of(record()) == {"Requests": 1, "Failures": 0, "Duration": 500}


def test_some_metrics_are_by_model_fewer_by_caller_and_one_by_outcome():
    line = full_record()
    line.cost_nano_usd = 1
    assert breakdowns_of(line) == {
        ("model", "m"): [
            *("Requests", "Failures", "Throttles", "InputTokens", "OutputTokens", "CacheReadTokens"),
            *("CacheWriteTokens", "Cost", "TimeToFirstByte", "Duration"),
        ],
        ("caller", "arn:role"): ["Requests", "Failures", "Throttles", "InputTokens", "OutputTokens", "Cost"],
        ("outcome", "UpstreamRefused"): ["Failures"],
    }


@pytest.mark.parametrize(
    ("metrics_by", "dimensions"),
    [
        ("total", {"outcome"}),
        ("by-model", {"model", "outcome"}),
        ("by-model-and-caller", {"model", "caller", "outcome"}),
    ],
)
def test_the_operator_says_what_is_counted_apart(metrics_by, dimensions):
    line = full_record()
    assert {dimension for dimension, _ in breakdowns_of(line, metrics_by)} == dimensions
    told = told_of(line, metrics_by)
    assert {"model", "caller", "outcome"} & told.keys() == dimensions


def test_a_request_that_is_refused_at_the_door_is_counted_by_its_outcome_alone():
    line = record(error=RateLimited("x"))
    assert breakdowns_of(line) == {("outcome", "RateLimited"): ["Failures"]}


def test_a_models_name_that_a_client_made_up_is_no_metric_of_its_own():
    line = record(model="made.up-v1:0", error=UpstreamRefused(400, "ValidationException", "x"), upstream_status=400)
    assert ("model", OTHER_MODEL) in breakdowns_of(line, is_known_model=False)
    line.upstream_status, line.error = 200, None
    # What Bedrock has answered exists, whatever the catalog knows.
    assert ("model", "made.up-v1:0") in breakdowns_of(line, is_known_model=False)


@pytest.mark.parametrize(
    "error", [RateLimited("x"), BudgetSpent("x"), UpstreamRefused(429, "ThrottlingException", "x")]
)
def test_every_429_is_a_throttle(error):
    assert values_of(record(error=error))["Throttles"] == 1
    assert "Throttles" not in values_of(record(error=StreamBroken("x")))


def test_the_metrics_are_one_line_with_the_functions_names(capsys, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "stack-GatewayFunction-1")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "sluice-gateway")
    _directives.cache_clear()
    before = time.time()
    count_request(record(), "total", is_known_model=False)
    _directives.cache_clear()
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["function_name"], told["service"], told["Requests"]) == (
        "stack-GatewayFunction-1",
        "sluice-gateway",
        1,
    )
    assert int(before * 1000) <= told["_aws"]["Timestamp"] <= time.time() * 1000
    # A line with a level would be held against the function's log level, and might be dropped.
    assert "level" not in told


def test_nothing_in_the_line_is_a_clients_words():
    line = full_record()
    line.model_asked, line.ignored_fields = "a prompt in the wrong field", ("a prompt",)
    assert b"prompt" not in embedded(line, "by-model-and-caller", is_known_model=True)
