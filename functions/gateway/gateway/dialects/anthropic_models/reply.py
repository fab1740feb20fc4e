"""Catalog rows → Anthropic's model objects, with the rest of what the catalog knows in extra fields."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sluice.known_traits import traits_of
from sluice.model_row import ModelRow

from gateway.dialects.anthropic_messages.betas import CONTEXT_MANAGEMENT
from gateway.dialects.anthropic_models.request import ModelPage
from gateway.dialects.row_facts import facts_json
from gateway.errors import InvalidRequest
from gateway.messages import Response

type Json = dict[str, Any]

_EFFORTS = ("low", "medium", "high", "xhigh", "max")


def in_stages(rows: Iterable[ModelRow], stages: frozenset[str], now: float) -> list[ModelRow]:
    """Return the rows that lists show, and those that are LEGACY but else would be, as far as the stages fit."""
    return [row for row in rows if (row.listed or _chats(row)) and _stage(row, now) in stages]


def model_page(rows: Sequence[ModelRow], page: ModelPage, request_id: str, now: float) -> Response:
    """Return a page of the rows, in their order.

    Raises:
        InvalidRequest: no row has the id that the page begins or ends at.
    """
    ids = [row.model_id for row in rows]
    if page.before_id:
        end = _place(ids, "before_id", page.before_id)
        found = rows[max(0, end - page.limit) : end]
        has_more = end > page.limit
    else:
        start = _place(ids, "after_id", page.after_id) + 1 if page.after_id else 0
        found = rows[start : start + page.limit]
        has_more = start + page.limit < len(rows)
    answer = {
        "data": [_model(row, now) for row in found],
        "has_more": has_more,
        "first_id": found[0].model_id if found else None,
        "last_id": found[-1].model_id if found else None,
    }
    return _json(answer, request_id)


def single_model(row: ModelRow, request_id: str, now: float) -> Response:
    """Return one model."""
    return _json(_model(row, now), request_id)


def _place(ids: Sequence[str], name: str, model_id: str) -> int:
    try:
        return ids.index(model_id)
    except ValueError:
        raise InvalidRequest(f"{name}: the list has no model {model_id!r}. Start from its beginning.", name) from None


def _model(row: ModelRow, now: float) -> Json:
    lifecycle = row.lifecycle
    own = {
        "type": "model",
        "id": row.model_id,
        "display_name": row.name,
        # Where nobody knows it, an epoch value: that is Anthropic's rule, too.
        "created_at": _moment(lifecycle.started_at),
        "lifecycle": _stage(row, now),
        "deprecated_at": _moment(lifecycle.legacy_at) if lifecycle.legacy_at else None,
        "retires_at": _moment(lifecycle.end_of_life_at) if lifecycle.end_of_life_at else None,
        "line": None,
        "max_input_tokens": row.context_window,
        "max_tokens": row.max_output_tokens,
        "capabilities": _capabilities(row),
    }
    return own | facts_json(row) | own


def _stage(row: ModelRow, now: float) -> str:
    if row.lifecycle.has_ended(now):
        return "retired"
    return "deprecated" if row.lifecycle.status == "LEGACY" else "active"


def _chats(row: ModelRow) -> bool:
    is_legacy = row.lifecycle.status == "LEGACY"
    return is_legacy and row.streaming and "TEXT" in row.output_modalities and bool(row.invoke_id)


def _capabilities(row: ModelRow) -> Json:
    """Say what a request through Sluice can have. Nobody tells the catalog of citations: their member is left out."""
    edits = CONTEXT_MANAGEMENT in traits_of(row.base_model_id or row.model_id).betas
    return {
        "batch": _supported(False),
        "code_execution": _supported(False),
        "context_management": {
            **_supported(edits),
            "clear_thinking_20251015": _supported(edits),
            "clear_tool_uses_20250919": _supported(edits),
            "compact_20260112": _supported(False),
        },
        "effort": _effort(row),
        "image_input": _supported("IMAGE" in row.input_modalities),
        "pdf_input": _supported("document_input" in row.supports),
        "server_tools": {
            **_supported(False),
            "code_execution": _supported(False),
            "web_search": _supported(False),
        },
        "structured_outputs": _supported(row.structured_output),
        "thinking": _thinking(row),
    }


def _effort(row: ModelRow) -> Json:
    efforts = row.reasoning.efforts if row.reasoning else ()
    return {**_supported(bool(efforts)), **{word: _supported(word in efforts) for word in _EFFORTS}}


def _thinking(row: ModelRow) -> Json:
    """Models that are asked in another way take both of Anthropic's: Sluice puts either into their own words."""
    reasoning = row.reasoning
    way = reasoning.asked_by if reasoning else ""
    types = {
        "adaptive": bool(way) and way != "thinking.budget_tokens",
        "enabled": bool(reasoning and way and (way != "thinking.adaptive" or reasoning.takes_budget)),
        "disabled": not (reasoning and reasoning.always_on),
        "between_tools": False,
    }
    return {**_supported(reasoning is not None), "types": {name: _supported(value) for name, value in types.items()}}


def _supported(is_supported: bool) -> Json:
    return {"supported": is_supported}


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: Json, request_id: str) -> Response:
    headers = {"content-type": "application/json", "request-id": request_id}
    return Response(200, headers, (orjson.dumps(value),))
