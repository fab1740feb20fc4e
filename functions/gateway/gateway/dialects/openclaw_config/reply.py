"""Catalog rows → OpenClaw's configuration, with Sluice as provider in both ways that OpenClaw can speak to it.

The caller's key is not in it: OpenClaw puts the value of the environment's variable in place of `${SLUICE_API_KEY}`.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from sluice.model_row import ModelRow, Price

from gateway.messages import Response

type Json = dict[str, Any]

KEY_VARIABLE = "SLUICE_API_KEY"
_KEY = f"${{{KEY_VARIABLE}}}"
# OpenClaw's name of its provider for Bedrock's own API, and ours for the one that speaks OpenAI's.
_NATIVE, _OPENAI = "amazon-bedrock", "sluice"
_MODALITIES = ("TEXT", "IMAGE")


def configuration(rows: Sequence[ModelRow], base_url: str, primary_model: str) -> Response:
    """Return a configuration whose providers have the rows as models.

    `base_url` is Sluice's, without a slash at its end. The agents' first choice is the operator's `primary_model` where
    it is among the rows, else the first model that takes tools.
    """
    models = [_model(row) for row in rows]
    primary = _primary(rows, primary_model)
    value = {
        "env": {"vars": _variables(base_url)},
        **({"agents": {"defaults": {"model": {"primary": f"{_NATIVE}/{primary}"}}}} if primary else {}),
        "models": {"mode": "merge", "providers": _providers(models, base_url)},
    }
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(200, headers, (orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),))


def _variables(base_url: str) -> Json:
    return {
        # The Bedrock provider takes its key from here only, and speaks HTTP/2 unless told not to.
        "AWS_BEARER_TOKEN_BEDROCK": _KEY,
        "AWS_BEDROCK_FORCE_HTTP1": "1",
        # Whenever OpenClaw sees a key, its own discovery asks for models; AWS should not see this one.
        "AWS_ENDPOINT_URL_BEDROCK": base_url,
    }


def _providers(models: Sequence[Json], base_url: str) -> Json:
    return {
        _NATIVE: {"baseUrl": base_url, "api": "bedrock-converse-stream", "auth": "aws-sdk", "models": models},
        _OPENAI: {"baseUrl": f"{base_url}/v1", "api": "openai-completions", "apiKey": _KEY, "models": models},
    }


def _model(row: ModelRow) -> Json:
    return {
        "id": row.model_id,
        "name": row.name,
        "reasoning": row.reasoning is not None,
        "input": [word.lower() for word in row.input_modalities if word in _MODALITIES] or ["text"],
        "cost": _cost(row.price()),
        "contextWindow": row.context_window,
        "maxTokens": row.max_output_tokens,
    }


def _cost(price: Price | None) -> Json:
    """Return dollars for a million tokens; 0 is how OpenClaw writes that nobody knows."""
    known = price or Price()
    members = {
        "input": known.input,
        "output": known.output,
        "cacheRead": known.cache_read,
        "cacheWrite": known.cache_write,
    }
    return {name: value or 0 for name, value in members.items()}


def _primary(rows: Sequence[ModelRow], wanted: str) -> str:
    name = wanted.removeprefix(f"{_NATIVE}/")
    if any(name.lower() == row.model_id.lower() for row in rows):
        return name
    return next((row.model_id for row in rows if row.tool_use), "")
