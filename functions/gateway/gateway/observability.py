"""One structured line per request, at its end. Never a prompt, a reply or a key."""

import json
import os
import re
import time
from typing import TYPE_CHECKING, NamedTuple

import orjson

from gateway.errors import GatewayError, StoreUnavailable

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

    from gateway.bedrock.grammar import Usage
    from gateway.dialects.stream import Verdict
    from gateway.outgoing import Outgoing

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", re.ASCII)
_MOST_NAMES = 20
_NANO_USD = 1_000_000_000

_logger: "Logger | None" = None


class Lag(NamedTuple):
    """How long what Bedrock sent waited here, in seconds: on average, and the one that waited longest."""

    mean: float
    most: float


class RequestRecord:
    """What is known of a request while it runs. Times are seconds of the monotonic clock.

    `model` is what Bedrock was asked for, `asked` the last of what it was sent, `upstream_status` what it answered (0:
    nothing yet), `left_away` the traits without which it was asked again. Once the request is over, `usage` and
    `cost_nano_usd` are what it used, told by Bedrock or estimated. `counted_as` is the caller as metrics name him: all
    sessions of an IAM role are one. `lag` is how long the deltas' bytes waited here, from being read to being handed
    on. `stale_catalog_age` is in seconds.
    """

    def __init__(self, request_id: str, method: str) -> None:
        self.request_id = request_id
        self.method = method
        self.started_at = time.monotonic()
        self.route = ""
        self.dialect = ""
        self.caller = ""
        self.counted_as = ""
        self.model_asked = ""
        self.model = ""
        self.region = ""
        self.asked: Outgoing | None = None
        self.upstream_status = 0
        self.received_bytes = 0
        self.status = 0
        self.first_byte_at: float | None = None
        self.ended_at: float | None = None
        self.lag: Lag | None = None
        self.retries = 0
        self.verdict: Verdict | None = None
        self.error: GatewayError | None = None
        self.cause: BaseException | None = None
        self.ignored_fields: tuple[str, ...] = ()
        self.left_out_tools = 0
        self.dropped_betas: tuple[str, ...] = ()
        self.left_away: tuple[str, ...] = ()
        self.usage: Usage | None = None
        self.is_estimated = False
        self.cost_nano_usd: int | None = None
        self.is_over_budget = False
        self.stale_catalog_age: int | None = None

    @property
    def operation(self) -> str:
        """The operation that Bedrock was asked for last."""
        return self.asked.operation if self.asked else ""

    @property
    def failure(self) -> GatewayError | None:
        """What it failed for; None: it did not, or not yet."""
        return self.error or (self.verdict.error if self.verdict else None)

    def duration(self) -> float:
        """Return how many seconds it took; while it runs, how many it has taken."""
        return (time.monotonic() if self.ended_at is None else self.ended_at) - self.started_at

    def first_byte_after(self) -> float | None:
        """Return how many seconds it was until the first byte of the body; None: there was none."""
        return None if self.first_byte_at is None else self.first_byte_at - self.started_at

    def outcome(self) -> str:
        """Say in one word how it ended."""
        return type(self.failure).__name__ if self.failure else "ok"

    def fields(self) -> dict[str, object]:
        """Return the line's fields; what is unknown, and a flag that is not set, is left out."""
        verdict, failure, lag, first_byte = self.verdict, self.failure, self.lag, self.first_byte_after()
        trace_id = os.environ.get("_X_AMZN_TRACE_ID", "")
        told: dict[str, object] = {
            "request_id": self.request_id,
            "method": _name(self.method),
            "route": self.route,
            "dialect": self.dialect,
            "caller": self.caller,
            "model_asked": self.model_asked,
            "model": self.model,
            "region": self.region,
            "status": self.status,
            "outcome": self.outcome(),
            "aws_type": failure.aws_type if failure else "",
            # What is wrong with a table, or a row of it, is nobody's secret, and its operator's to mend.
            "cause": str(failure.__cause__ or "") if isinstance(failure, StoreUnavailable) else "",
            "stop_reason": verdict.stop_reason if verdict else "",
            "duration_ms": _milliseconds(self.duration()),
            "first_byte_ms": "" if first_byte is None else _milliseconds(first_byte),
            "lag_ms": _milliseconds(lag.mean, 3) if lag else "",
            "lag_most_ms": _milliseconds(lag.most, 3) if lag else "",
            "retries": self.retries or "",
            **self._use(),
            "is_estimated": self.is_estimated or "",
            "is_over_budget": self.is_over_budget or "",
            "unknown_events": (verdict and verdict.unknown_events) or "",
            "ignored_fields": _names(self.ignored_fields) or "",
            "dropped_betas": _names(self.dropped_betas) or "",
            "left_away": list(self.left_away) or "",
            "left_out_tools": self.left_out_tools or "",
            "stale_catalog_age": "" if self.stale_catalog_age is None else self.stale_catalog_age,
            "xray_trace_id": trace_id.partition(";")[0].removeprefix("Root="),
        }
        return {name: value for name, value in told.items() if value != ""}

    def _use(self) -> dict[str, object]:
        usage = self.usage
        if usage is None:
            return {}
        return {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cache_read_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "cost_usd": "unknown" if self.cost_nano_usd is None else self.cost_nano_usd / _NANO_USD,
        }


def log_request(record: RequestRecord) -> None:
    """Write the request's line."""
    logger = _powertools_logger()
    if record.cause is not None:
        logger.error("request", extra={**record.fields(), **_told(record.cause)})
    else:
        logger.info("request", extra=record.fields())


def warn(message: str, **facts: object) -> None:
    """Write a line about what no request is to blame for."""
    _powertools_logger().warning(message, extra=facts)


def _powertools_logger() -> "Logger":
    global _logger  # noqa: PLW0603 - one logger for each environment, made at the end of its first request
    if _logger is None:
        # Powertools takes some 60 ms to import: after the first answer, never before its first byte.
        from aws_lambda_powertools import Logger

        _logger = Logger(service=service_name(), json_serializer=_json)
    return _logger


def _json(line: dict[str, object]) -> str:
    # Powertools' own takes longer, of every request; but it takes half a character, where a client has sent one.
    try:
        return orjson.dumps(line, default=str).decode()
    except TypeError:
        return json.dumps(line, default=str)


def service_name() -> str:
    """Return what Powertools calls this function in its lines."""
    return os.environ.get("POWERTOOLS_SERVICE_NAME", "sluice-gateway")


def _told(cause: BaseException) -> dict[str, object]:
    """Return what a fault was and where it happened. Its own text may quote what it could not read: a prompt, a key."""
    # Only a fault of ours needs it.
    from traceback import extract_tb

    where: list[str] = []
    error: BaseException | None = cause
    while error is not None:
        where += [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in extract_tb(error.__traceback__)]
        where.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return {"exception_name": type(cause).__name__, "raised_at": where}


def _names(fields: tuple[str, ...]) -> list[str]:
    """Return the names that are names: what else a client wrote in their place might be anything."""
    return [_name(name) for name in fields[:_MOST_NAMES]]


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) else "(unprintable)"


def _milliseconds(seconds: float, digits: int = 1) -> float:
    return round(seconds * 1000, digits)
