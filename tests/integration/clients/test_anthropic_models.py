"""The Anthropic SDKs list the catalog, page by page, and ask for single models."""

import asyncio

import anthropic
import pytest
from integration.clients.anthropic_clients import AnthropicNode
from integration.clients.clients import Clients
from integration.clients.outcome import Target
from integration.clients.raw import request

KNOWN = "anthropic.claude-haiku-4-5-20251001-v1:0"
# Its life ended in 2026.
RETIRED = "anthropic.claude-3-haiku-20240307-v1:0"
# Embeddings can be asked for by name, though no list of chat models shows them.
EMBEDDING = "amazon.titan-embed-text-v2:0"
VERSION = {"anthropic-version": "2023-06-01"}


def test_the_python_sdk_pages_through_the_list(target: Target) -> None:
    with _client(target) as client:
        first = client.models.list(limit=7)
        assert (len(first.data), first.has_more, first.last_id) == (7, True, first.data[-1].id)
        paged = [model.id for model in client.models.list(limit=7)]
        whole = client.models.list(limit=1000)
    assert whole.has_more is False
    assert paged == [model.id for model in whole.data]
    assert KNOWN in paged
    assert EMBEDDING not in paged


def test_the_list_is_the_one_that_openais_clients_see(target: Target) -> None:
    key = {"x-api-key": target.key}
    theirs = request(target.url, "GET", "/v1/models", key).json
    ours = request(target.url, "GET", "/v1/models?limit=1000", {**key, **VERSION}).json
    assert [model["id"] for model in ours["data"]] == [model["id"] for model in theirs["data"]]


def test_the_python_sdk_pages_backwards(target: Target) -> None:
    with _client(target) as client:
        ids = [model.id for model in client.models.list(limit=1000)]
        before = [model.id for model in client.models.list(limit=3, before_id=ids[10])]
    # Each page is in the list's order, and the one before it comes next.
    assert before == ids[7:10] + ids[4:7] + ids[1:4] + ids[:1]


def test_the_python_sdk_retrieves_a_model_by_any_of_its_names(target: Target) -> None:
    with _client(target) as client:
        model = client.models.retrieve(KNOWN)
        assert client.models.retrieve("claude-haiku-4-5") == model
        assert client.models.retrieve(model.model_extra["arn"]) == model
        assert client.models.retrieve(EMBEDDING).id == EMBEDDING
    assert (model.type, model.display_name, model.lifecycle) == ("model", "Claude Haiku 4.5", "active")
    assert (model.max_input_tokens, model.max_tokens) == (200_000, 64_000)
    assert model.created_at.year == 2025
    assert model.capabilities
    assert model.capabilities.thinking.types.enabled.supported
    assert model.capabilities.image_input.supported


def test_the_python_sdk_finds_models_by_where_they_stand_in_their_life(target: Target) -> None:
    with _client(target) as client:
        found = {
            stage: {model.id: model.lifecycle for model in client.models.list(lifecycle=[stage], limit=1000)}
            for stage in ("active", "deprecated", "retired")
        }
        both = [model.id for model in client.models.list(lifecycle=["active", "retired"], limit=1000)]
        anyway = {model.id for model in client.models.list(limit=1000)}
    assert KNOWN in found["active"]
    assert RETIRED in found["retired"]
    assert all(set(models.values()) <= {stage} for stage, models in found.items())
    assert set(both) == found["active"].keys() | found["retired"].keys()
    assert not anyway & found["retired"].keys()


def test_the_asynchronous_python_sdk_lists_models(target: Target) -> None:
    async def listed() -> list[str]:
        async with anthropic.AsyncAnthropic(base_url=target.url, auth_token=target.key, max_retries=0) as client:
            return [model.id async for model in client.models.list(limit=50)]

    assert KNOWN in asyncio.run(listed())


@pytest.mark.node
def test_the_node_sdk_pages_through_the_list_and_retrieves_a_model(clients: Clients, target: Target) -> None:
    client = clients["anthropic-node"]
    assert isinstance(client, AnthropicNode)
    listed = client.models(target, {"limit": 9})
    assert listed.failure is None
    with _client(target) as other:
        assert [model["id"] for model in listed.reply] == [model.id for model in other.models.list(limit=1000)]
    assert client.models(target, KNOWN).reply == next(model for model in listed.reply if model["id"] == KNOWN)
    missing = client.models(target, "nobody.has-this-v1:0").failure
    assert missing
    assert (missing.kind, missing.status) == ("NotFoundError", 404)


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/v1/models/nobody.has-this-v1:0", 404, "not_found_error"),
        ("/v1/models?limit=0", 400, "invalid_request_error"),
        ("/v1/models?after_id=nobody.has-this", 400, "invalid_request_error"),
    ],
)
def test_errors_are_anthropics(path: str, status: int, kind: str, target: Target) -> None:
    reply = request(target.url, "GET", path, {"x-api-key": target.key, **VERSION})
    assert (reply.status, reply.json["type"], reply.json["error"]["type"]) == (status, "error", kind)
    assert reply.json["request_id"] == reply.headers["request-id"]


def test_a_wrong_key_is_refused_in_anthropics_shape(target: Target) -> None:
    with (
        anthropic.Anthropic(base_url=target.url, api_key="slc_wrong", max_retries=0) as client,
        pytest.raises(anthropic.AuthenticationError),
    ):
        client.models.list()


def _client(target: Target) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=target.url, api_key=target.key, max_retries=0)
