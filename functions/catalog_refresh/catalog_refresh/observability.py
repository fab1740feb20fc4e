"""What a refresh leaves behind: a log line, metrics in CloudWatch's embedded format (namespace Sluice), and a trace."""

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

from catalog_refresh.summary import Status, Summary

logger = Logger()
# Each call of AWS is a subsegment. Calls from threads, the lists of a region, are the function's own children.
tracer = Tracer(patch_modules=("botocore",))
_metrics = Metrics(namespace="Sluice")
# Two stacks of one account would count into the same metrics without it.
_metrics.set_default_dimensions(function_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"))


_MESSAGES: Mapping[Status, str] = {
    "published": "The catalog was refreshed",
    "held": "The catalog was not refreshed: what was listed is not believed yet",
    "superseded": "The catalog was not refreshed: a later refresh was first",
    "busy": "The catalog was not refreshed: another refresh is running",
    "dry run": "The catalog was compared with what a refresh would make of it",
}


def report(summary: Summary, table: str) -> None:
    """Log and count a run that ended as it should; what the operator can mend makes the line a warning."""
    log = logger.warning if summary["failures"] or summary["warnings"] or summary["status"] == "held" else logger.info
    # All models may have changed, and a line of the log may have 256 KB.
    facts: dict[str, Any] = {name: value for name, value in summary.items() if name != "changes"}
    log(_MESSAGES[summary["status"]], table=table, **facts)
    tracer.put_annotation("Status", summary["status"])
    # A dry run renews nothing that an alarm could watch.
    if summary["status"] == "dry run":
        return
    if summary["status"] == "published":
        _metrics.add_metric("CatalogModels", MetricUnit.Count, summary["models"])
    if summary["status"] != "busy":
        _metrics.add_metric("CatalogListingFailures", MetricUnit.Count, len(summary["failures"]))
    _emit(failed=False, age=summary["age"])


def report_failure(error: Exception, table: str, age: int | None) -> None:
    """Log and count a refresh that failed, with the age of the catalog that is served on."""
    logger.error("The catalog was not refreshed", exc_info=error, table=table, age=age)
    _emit(failed=True, age=age)


def _emit(*, failed: bool, age: int | None) -> None:
    _metrics.add_metric("CatalogRefreshFailures", MetricUnit.Count, int(failed))
    if age is not None:
        _metrics.add_metric("CatalogAge", MetricUnit.Seconds, age)
    _metrics.flush_metrics()
