"""Catalog rows → OpenAI's model objects, with what agents want to know in extra fields."""

from collections.abc import Sequence
from typing import Any

import orjson
from sluice.model_row import ModelRow

from gateway.dialects.row_facts import facts_json
from gateway.messages import Response

type Json = dict[str, Any]


def model_list(rows: Sequence[ModelRow]) -> Response:
    """Return all models."""
    return _json({"object": "list", "data": [_model(row) for row in rows]})


def single_model(row: ModelRow) -> Response:
    """Return one model."""
    return _json(_model(row))


def _model(row: ModelRow) -> Json:
    own = {"id": row.model_id, "object": "model", "created": row.discovered_at, "owned_by": row.provider}
    return {**own, **facts_json(row)}


def _json(value: Json) -> Response:
    return Response(200, {"content-type": "application/json"}, (orjson.dumps(value),))
