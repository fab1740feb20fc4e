"""Responses requests, and the Converse bodies that they become."""

import base64

import orjson
import pytest
from gateway.converse.draft import build
from gateway.dialects.openai_responses.request import read_request
from gateway.errors import InvalidRequest
from sluice.traits import UNKNOWN_MODEL

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n1234").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}
CUSTOM = {"type": "custom", "name": "patch", "description": "Patches."}
NAMESPACE = {"type": "namespace", "name": "mcp", "description": "Docs.", "tools": [{**FUNCTION, "name": "search"}]}


def no_fetch(url, path):
    raise AssertionError(f"{url} is not to be fetched")


def read(*items, headers=None, fetch=no_fetch, **members):
    body = {"model": "m", "input": list(items) or "a", **members}
    return read_request(orjson.dumps(body), headers or {}, fetch)


def converse(*items, traits=UNKNOWN_MODEL, **members):
    """Return the Converse body; without traits, for a model that takes everything."""
    return build(read(*items, **members).draft, traits).body


def user(*parts):
    return {"type": "message", "role": "user", "content": list(parts)}


def parts(*given, **members):
    """Return what parts of a user's become."""
    return converse(user(*given), **members)["messages"][0]["content"]


def call(call_id, name="f", arguments="{}", **members):
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments, **members}


def output(call_id, told="done", **members):
    return {"type": "function_call_output", "call_id": call_id, "output": told, **members}


def refusal(*items, **members):
    """Return the path of what is refused."""
    with pytest.raises(InvalidRequest) as caught:
        read(*items, **members)
    return caught.value.param
