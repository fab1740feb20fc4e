"""What requests use and cost: set aside before, told to the caller, written down after. For one environment.

Made when it is first needed: a cold start's first byte does not wait for it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sluice.access_items import day_of
from sluice.cost import cost_of, dollars
from sluice.usage import Used

from gateway.bedrock.grammar import Usage
from gateway.errors import DeadlineReached, StoreUnavailable, UpstreamRefused, UpstreamTimeout
from gateway.gate import Counters, Gate
from gateway.needs import input_tokens
from gateway.observability import RequestRecord, warn
from gateway.outgoing import FREE
from gateway.stores.budgets import Budgets
from gateway.stores.model_names import ModelNames
from gateway.stores.rates import Rates
from gateway.stores.slots import Slots
from gateway.stores.usage import UsageLog

if TYPE_CHECKING:
    from gateway.access import Caller
    from gateway.aws.dynamodb import DynamoDB
    from gateway.messages import Request, Response

# Of a broken stream only its bytes are known. A frame has some 200, with one token in it or a few.
_BYTES_PER_STREAMED_TOKEN = 100
_BYTES_PER_TOKEN = 3


class Accounting:
    """Money and counts. `clock` is epoch seconds; `environment` tells this environment from all others."""

    def __init__(
        self, dynamodb: "DynamoDB", table: str, names: ModelNames, clock: Callable[[], float], environment: str
    ) -> None:
        self._names = names
        self._clock = clock
        self._usage_log = UsageLog(dynamodb, table, clock)
        self._counters = Counters(
            Rates(dynamodb, table, clock), Slots(dynamodb, table, clock), Budgets(dynamodb, table, clock, environment)
        )

    def gate(self, caller: "Caller", request: "Request") -> Gate:
        """Return the gate for a caller's request."""
        until = self._clock() + max(0.0, request.deadline - time.monotonic())
        return Gate(caller, self._counters, request.request_id, until)

    def cost(self, record: RequestRecord, usage: Usage) -> int | None:
        """Return what tokens of the model that was invoked cost, in nano-dollars; None: its price is not known."""
        if record.operation in FREE:
            return 0
        row = self._names.row_of(record.model, record.region)
        return cost_of(row, usage, usage.tier) if row else None

    def usage_reply(self, caller: "Caller", request: "Request") -> "Response":
        """Answer `GET /v1/usage`: what the caller used in a month, and what is left of his limits and budget.

        Raises:
            InvalidRequest: the query names no month.
            StoreUnavailable: the table cannot be asked.
        """
        from gateway.caller_usage import month_in, usage_reply

        today = day_of(self._clock())
        month = month_in(request.query, today)
        return usage_reply(caller, month, self._usage_log.rows(caller.name, month), today)

    def headers(self, record: RequestRecord, gate: Gate | None, dialect: str) -> dict[str, str]:
        """Return what an answer says of its cost, where that is known already, and of the caller's limits."""
        from gateway.limit_headers import COST_HEADER, OVER_BUDGET_HEADER, limit_headers

        headers: dict[str, str] = {}
        if record.verdict and record.verdict.usage:
            cost = self.cost(record, record.verdict.usage)
            headers[COST_HEADER] = "unknown" if cost is None else dollars(cost)
        if gate:
            record.is_over_budget = gate.is_over_budget
            headers.update(limit_headers(dialect, gate.standings(), self._clock()))
            if gate.is_over_budget:
                headers[OVER_BUDGET_HEADER] = "true"
        return headers

    def close(self, record: RequestRecord, gate: Gate | None) -> None:
        """Settle a request that is over. What cannot be written is logged; some of it waits for the next request."""
        self._measure(record)
        usage = record.usage or Usage()
        if gate:
            with _settling(record):
                gate.leave(usage.prompt_tokens + usage.output_tokens, record.cost_nano_usd if record.usage else 0)
        if _was_taken_on(record):
            with _settling(record):
                self._usage_log.add(record.caller, record.model, _used(record, usage), record.request_id[:36])

    def _measure(self, record: RequestRecord) -> None:
        """Find out what the request used and what that costs; what Bedrock did not say is estimated."""
        record.usage = record.verdict.usage if record.verdict else None
        if record.usage is None and _may_be_billed(record):
            record.usage, record.is_estimated = _estimated(record), True
        if record.usage is not None:
            record.cost_nano_usd = self.cost(record, record.usage)
        elif record.operation in FREE:
            record.cost_nano_usd = 0


@contextmanager
def _settling(record: RequestRecord) -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        warn("A request could not be settled in the access table", request_id=record.request_id, cause=str(error))


def _may_be_billed(record: RequestRecord) -> bool:
    return record.asked is not None and record.operation not in FREE and _was_taken_on(record)


def _was_taken_on(record: RequestRecord) -> bool:
    """Tell whether Bedrock worked on the request, and so may bill it."""
    if isinstance(record.failure, UpstreamRefused) and record.status != 200:
        # What it refuses in the first frame of a stream it has not begun.
        return False
    # It may have worked through a silence.
    return record.upstream_status == 200 or isinstance(record.failure, (UpstreamTimeout, DeadlineReached))


def _estimated(record: RequestRecord) -> Usage:
    assert record.asked is not None
    streamed = record.asked.operation.endswith("stream")
    size = _BYTES_PER_STREAMED_TOKEN if streamed else _BYTES_PER_TOKEN
    return Usage(input_tokens=input_tokens(record.asked), output_tokens=record.received_bytes // size)


def _used(record: RequestRecord, usage: Usage) -> Used:
    return Used(
        requests=1,
        failed_requests=int(record.failure is not None),
        estimated_requests=int(record.is_estimated),
        unpriced_requests=int(record.cost_nano_usd is None),
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cost_nano_usd=record.cost_nano_usd or 0,
    )
