"""`GET /v1/usage`: what the caller used in a month, by day and by model, and what he may use. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson
from sluice.cost import NANO_USD
from sluice.usage import UsageRow, Used, total

from gateway.errors import InvalidRequest
from gateway.messages import Response

if TYPE_CHECKING:
    from sluice.policy import Policy

    from gateway.access import Caller

type Json = dict[str, Any]

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)


def month_in(query: str, today: str) -> str:
    """Return the month that a query names (`month=2026-11`), or else that of today (`2026-11-29`).

    Raises:
        InvalidRequest: it names none.
    """
    month = parse_qs(query).get("month", [today[:7]])[-1]
    if not _MONTH.fullmatch(month):
        raise InvalidRequest("`month` must be like 2026-11.", "month")
    return month


def usage_reply(caller: "Caller", month: str, rows: Sequence[UsageRow], today: str) -> Response:
    """Return the answer; amounts of money are US dollars, days are those of UTC."""
    body: Json = {
        "object": "usage",
        "caller": caller.name,
        "month": month,
        "total": _json(total(row.used for row in rows)),
        "days": [{"day": day, **_json(used)} for day, used in _grouped(rows, lambda row: row.day)],
        "models": [{"model": model, **_json(used)} for model, used in _grouped(rows, lambda row: row.model)],
    }
    if caller.policy:
        body["limits"] = _limits(caller.policy)
        spent_today = (
            total(row.used for row in rows if row.day == today).cost_nano_usd if today.startswith(month) else None
        )
        body["budget"] = _budget(caller.policy, spent_today, total(row.used for row in rows).cost_nano_usd)
    return Response(200, {"content-type": "application/json"}, (orjson.dumps(body),))


def _grouped(rows: Sequence[UsageRow], key: Callable[[UsageRow], str]) -> list[tuple[str, Used]]:
    names = sorted({key(row) for row in rows})
    return [(name, total(row.used for row in rows if key(row) == name)) for name in names]


def _json(used: Used) -> Json:
    """Say the cost as a number only where all of it is known."""
    return {
        "requests": used.requests,
        "failed_requests": used.failed_requests,
        "estimated_requests": used.estimated_requests,
        "unpriced_requests": used.unpriced_requests,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "cache_read_tokens": used.cache_read_tokens,
        "cache_write_tokens": used.cache_write_tokens,
        "cost_usd": _dollars(used.known_cost_nano_usd),
    }


def _limits(policy: "Policy") -> Mapping[str, int | None]:
    limits = policy.limits
    return {
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "concurrent_streams": limits.concurrent_streams,
        "max_output_tokens": limits.max_output_tokens,
        "max_request_bytes": limits.max_request_bytes,
    }


def _budget(policy: "Policy", spent_today: int | None, spent_this_month: int) -> Json:
    budget = policy.budget
    return {
        "usd_per_day": _dollars(budget.nano_usd_per_day),
        "spent_today_usd": _dollars(spent_today),
        "usd_per_month": _dollars(budget.nano_usd_per_month),
        "spent_this_month_usd": _dollars(spent_this_month),
        "at_limit": budget.at_limit,
    }


def _dollars(nano_usd: int | None) -> float | None:
    return None if nano_usd is None else nano_usd / NANO_USD
