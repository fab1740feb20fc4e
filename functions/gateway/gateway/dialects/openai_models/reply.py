"""Catalog rows → OpenAI's model objects, with what agents want to know in extra fields."""

from collections.abc import Sequence
from typing import Any

import orjson
from sluice.model_row import ModelRow

from gateway.errors import UnknownModel
from gateway.messages import Response

type Json = dict[str, Any]


def model_list(rows: Sequence[ModelRow]) -> Response:
    """Return all models."""
    return _json({"object": "list", "data": [_model(row) for row in rows]})


def single_model(rows: Sequence[ModelRow], name: str) -> Response:
    """Return one model, by its id or, where no id is the same, by its ARN or an alias.

    Raises:
        UnknownModel: the catalog has none of that name.
    """
    wanted = name.lower()
    by_id = (row for row in rows if wanted == row.model_id.lower())
    by_other_name = (row for row in rows if wanted in (row.arn.lower(), *map(str.lower, row.aliases)))
    found = next(by_id, None) or next(by_other_name, None)
    if found:
        return _json(_model(found))
    raise UnknownModel(f"The catalog has no model {name!r}. GET /v1/models lists those it has.")


def _model(row: ModelRow) -> Json:
    return {
        "id": row.model_id,
        "object": "model",
        "created": row.discovered_at,
        "owned_by": row.provider,
        "display_name": row.name,
        "context_window": row.context_window,
        "context_length": row.context_window,
        "max_output_tokens": row.max_output_tokens,
        "input_modalities": [word.lower() for word in row.input_modalities],
        "output_modalities": [word.lower() for word in row.output_modalities],
        "aliases": row.aliases,
        "kind": row.kind,
        "region": row.region,
        "base_model_id": row.base_model_id,
        "tool_use": row.tool_use,
        "structured_output": row.structured_output,
        "reasoning": row.reasoning,
        "prompt_caching": row.prompt_caching,
        "prices": row.prices,
        "lifecycle": row.lifecycle,
        "refuses": row.refuses,
        "supports": row.supports,
        "assumed": row.assumed,
    }


def _json(value: Json) -> Response:
    return Response(200, {"content-type": "application/json"}, (orjson.dumps(value),))
