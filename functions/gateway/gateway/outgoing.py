"""What is sent to Bedrock on a caller's behalf, and how such a body is read by who must know what is in it. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from gateway.errors import InvalidRequest

type Json = dict[str, Any]

CONVERSE = frozenset({"converse", "converse-stream"})
INVOKE = frozenset({"invoke", "invoke-with-response-stream"})
# What Bedrock counts for nothing.
FREE = frozenset({"count-tokens"})


class Outgoing(NamedTuple):
    """A request to Bedrock. `operation` is the last part of its path; `is_native`: the client wrote the body itself."""

    operation: str
    headers: Mapping[str, str]
    body: bytes
    is_native: bool = False


def read_body(asked: Outgoing) -> Json:
    """Return the body. Of one that a client wrote nothing may stand in it that Bedrock might read otherwise.

    Raises:
        InvalidRequest: it is no JSON object, or not one that can be checked.
    """
    value = _strictly_read(asked.body) if asked.is_native else orjson.loads(asked.body)
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return value


def _strictly_read(body: bytes) -> Any:
    def once(pairs: Sequence[tuple[str, Any]]) -> Json:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise InvalidRequest("The body has a member twice in one object, which cannot be checked. Send it once.")
        return value

    try:
        # orjson takes the last of two members of one name, and cannot say that there were two.
        value = json.loads(body.decode(), object_pairs_hook=once)
        # It is the stricter of the two: no halves of surrogates, and no deeper than 254 levels.
        orjson.dumps(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidRequest(f"The body is no JSON that can be checked: {error}") from error
    return value
