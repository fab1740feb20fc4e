"""What CloudWatch counts of each request: one line in its embedded metric format, written when the request is over.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from aws_lambda_powertools.metrics import EphemeralMetrics

from gateway.observability import RequestRecord, service_name

if TYPE_CHECKING:
    from gateway.bedrock.grammar import Usage
    from gateway.settings import MetricsBy

NAMESPACE = "Sluice"
# Each value of a dimension is paid for, and a client can write anything where a model's name belongs.
OTHER_MODEL = "(other)"
_NANO_USD = 1_000_000_000
_DIMENSIONS: "dict[MetricsBy, frozenset[str]]" = {
    "total": frozenset({"outcome"}),
    "by-model": frozenset({"outcome", "model"}),
    "by-model-and-caller": frozenset({"outcome", "model", "caller"}),
}


class Metric(NamedTuple):
    """One metric: CloudWatch's word for its unit, its value for a request (None: nothing to count), its breakdowns."""

    name: str
    unit: str
    value: Callable[[RequestRecord], float | None]
    by: frozenset[str] = frozenset()


def _tokens(counted: "Callable[[Usage], int]") -> Callable[[RequestRecord], float | None]:
    return lambda record: (counted(record.usage) or None) if record.usage else None


def _one(happened: object) -> float | None:
    return 1 if happened else None


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 3)


def _dollars(record: RequestRecord) -> float | None:
    return record.cost_nano_usd / _NANO_USD if record.cost_nano_usd else None


_MODEL = frozenset({"model"})
_BOTH = frozenset({"model", "caller"})
METRICS = (
    Metric("Requests", "Count", lambda _: 1, _BOTH),
    # Zeros too, so that its average is the share of requests that failed.
    Metric("Failures", "Count", lambda record: int(record.failure is not None), _BOTH | {"outcome"}),
    Metric("Throttles", "Count", lambda record: _one(record.failure and record.failure.status == 429), _BOTH),
    Metric("InputTokens", "Count", _tokens(lambda usage: usage.input_tokens), _BOTH),
    Metric("OutputTokens", "Count", _tokens(lambda usage: usage.output_tokens), _BOTH),
    Metric("CacheReadTokens", "Count", _tokens(lambda usage: usage.cache_read_tokens), _MODEL),
    Metric("CacheWriteTokens", "Count", _tokens(lambda usage: usage.cache_write_tokens), _MODEL),
    Metric("Cost", "None", _dollars, _BOTH),
    Metric("TimeToFirstByte", "Milliseconds", lambda record: _milliseconds(record.first_byte_after()), _MODEL),
    Metric("Duration", "Milliseconds", lambda record: _milliseconds(record.duration()), _MODEL),
    Metric("Lag", "Milliseconds", lambda record: _milliseconds(record.lag.most) if record.lag else None),
    Metric("Retries", "Count", lambda record: record.retries or None),
    Metric("EstimatedRequests", "Count", lambda record: _one(record.is_estimated)),
    Metric("UnpricedRequests", "Count", lambda record: _one(record.usage and record.cost_nano_usd is None)),
    Metric("IgnoredFields", "Count", lambda record: len(record.ignored_fields) or None),
    Metric("LeftOutTools", "Count", lambda record: record.left_out_tools or None),
    Metric("DroppedBetas", "Count", lambda record: len(record.dropped_betas) or None),
    Metric("UnknownEvents", "Count", lambda record: (record.verdict and record.verdict.unknown_events) or None),
    Metric("CatalogAge", "Seconds", lambda record: record.stale_catalog_age),
)


def count_request(record: RequestRecord, metrics_by: "MetricsBy", *, is_known_model: bool) -> None:
    """Write the request's metrics."""
    # What is printed within an invocation leaves with it; with its own line end it takes one system call, not two.
    print(f"{embedded(record, metrics_by, is_known_model=is_known_model).decode()}\n", end="")  # noqa: T201


def embedded(record: RequestRecord, metrics_by: "MetricsBy", *, is_known_model: bool) -> bytes:
    """Return the line: all metrics of the whole function, and some of them by model, by caller, by outcome."""
    values = {metric.name: value for metric in METRICS if (value := metric.value(record)) is not None}
    counted_by = {
        dimension: named
        for dimension, named in _breakdowns(record, is_known_model)
        if dimension in _DIMENSIONS[metrics_by]
    }
    directives, dimensions = _directives(tuple(values), tuple(counted_by))
    about = {"Timestamp": time.time_ns() // 1_000_000, "CloudWatchMetrics": directives}
    return orjson.dumps({"_aws": about, **dimensions, **counted_by, **values})


# What is counted differs little from request to request, and to make this of it takes longer than all the rest.
@lru_cache(maxsize=128)
def _directives(names: tuple[str, ...], counted_by: tuple[str, ...]) -> tuple[orjson.Fragment, dict[str, str]]:
    """Return what CloudWatch is told of these metrics, and the dimensions that all of them have."""
    emf = EphemeralMetrics(namespace=NAMESPACE, service=service_name())
    # Two stacks of one account would count into the same metrics without it.
    emf.add_dimension("function_name", os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"))
    for metric in METRICS:
        if metric.name in names:
            emf.add_metric(metric.name, metric.unit, 0)
    [whole] = emf.serialize_metric_set()["_aws"]["CloudWatchMetrics"]
    directives = [whole, *(_by(dimension, whole) for dimension in counted_by)]
    return orjson.Fragment(orjson.dumps(directives)), dict(emf.dimension_set)


def _by(dimension: str, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the directive that counts some of the metrics by one dimension more."""
    names = {metric.name for metric in METRICS if dimension in metric.by}
    return {
        **whole,
        "Dimensions": [[*whole["Dimensions"][0], dimension]],
        "Metrics": [definition for definition in whole["Metrics"] if definition["Name"] in names],
    }


def _breakdowns(record: RequestRecord, is_known_model: bool) -> Iterator[tuple[str, str]]:
    if record.model:
        yield "model", record.model if is_known_model or record.upstream_status == 200 else OTHER_MODEL
    if record.counted_as:
        yield "caller", record.counted_as
    if record.failure:
        yield "outcome", record.outcome()
