"""Token counts: CountTokens' request, and for which models it works."""

import re
from typing import Any

import orjson
from sluice.model_ids import model_of_arn, without_prefix

from gateway.errors import GatewayError

type Json = dict[str, Any]

# What CountTokens takes of a Converse request.
_COUNTED = ("messages", "system", "toolConfig", "additionalModelRequestFields")
_SYSTEM_PROFILE = re.compile(r":inference-profile/(.+)$")


def count_request(converse: Json) -> bytes:
    """Return the body of a CountTokens request for a Converse request's body."""
    return orjson.dumps({"input": {"converse": {name: converse[name] for name in _COUNTED if name in converse}}})


def foundation_id(model_id: str) -> str:
    """Return the id of the foundation model, which alone CountTokens takes; empty where the name hides it."""
    if not model_id.startswith("arn:"):
        return without_prefix(model_id)
    profile = _SYSTEM_PROFILE.search(model_id)
    return without_prefix(profile[1]) if profile else model_of_arn(model_id)


def cannot_count(error: GatewayError) -> bool:
    """Tell whether Bedrock says that it counts no tokens for this model."""
    text = str(error).lower()
    return error.aws_type == "ValidationException" and "count" in text and "support" in text
