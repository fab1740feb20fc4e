"""Messages requests, and the Converse bodies that they become."""

import base64

import orjson
import pytest
from gateway.converse.draft import build
from gateway.dialects.anthropic_messages.request import read_request
from gateway.errors import InvalidRequest
from sluice.known_traits import traits_of
from sluice.traits import UNKNOWN_MODEL

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n1234").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()
TOOL = {"name": "f", "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}
SONNET_4_5 = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
OPUS_4_5 = "us.anthropic.claude-opus-4-5-20251101-v1:0"
OPUS_4_6 = "us.anthropic.claude-opus-4-6-v1"
OPUS_4_7 = "us.anthropic.claude-opus-4-7"
NOVA = "us.amazon.nova-pro-v1:0"


def no_fetch(url, path):
    raise AssertionError(f"{url} is not to be fetched")


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def text(words, **members):
    return {"type": "text", "text": words, **members}


def read(*messages, headers=None, fetch=no_fetch, **members):
    body = {"model": "m", "max_tokens": 100, "messages": list(messages) or [user(text("a"))], **members}
    return read_request(orjson.dumps(body), headers or {}, fetch)


def converse(*messages, model=None, **members):
    """Return the Converse body for a model's id; without one, for a model that takes everything."""
    traits = traits_of(model) if model else UNKNOWN_MODEL
    return build(read(*messages, **members).for_model(traits)[0], traits).body


def fields(*messages, **members):
    """Return the body's additionalModelRequestFields."""
    return converse(*messages, **members).get("additionalModelRequestFields", {})


def blocks(*given, **members):
    """Return what blocks of a user's become."""
    return converse(user(*given), **members)["messages"][0]["content"]


def refusal(*messages, **members):
    """Return the path of what is refused."""
    with pytest.raises(InvalidRequest) as caught:
        read(*messages, **members)
    return caught.value.param
