"""The OpenAI SDKs list the catalog that the refresh function has made."""

import asyncio
import ssl

import httpx2
import openai
import pytest
from integration.clients.clients import Clients
from integration.clients.node_clients import OpenAINode
from integration.clients.outcome import Target
from integration.clients.raw import request

KNOWN = "amazon.nova-lite-v1:0"
# Bedrock lists it, but nobody can chat with it.
EMBEDDING = "amazon.titan-embed-text-v2:0"


def test_the_python_sdk_lists_and_retrieves_models(target: Target) -> None:
    with openai.OpenAI(base_url=f"{target.url}/v1", api_key=target.key, max_retries=0) as client:
        listed = client.models.list().data
        assert KNOWN in {model.id for model in listed}
        assert EMBEDDING not in {model.id for model in listed}
        assert client.models.retrieve(KNOWN) == next(model for model in listed if model.id == KNOWN)
        with pytest.raises(openai.NotFoundError) as raised:
            client.models.retrieve("nobody.has-this-v1:0")
    assert raised.value.code == "model_not_found"


def test_the_asynchronous_python_sdk_lists_and_retrieves_models(target: Target) -> None:
    async def models() -> None:
        context = ssl.create_default_context(cafile=target.ca_bundle)
        async with openai.AsyncOpenAI(
            base_url=f"{target.tls_url}/v1", api_key=target.key, http_client=httpx2.AsyncClient(verify=context)
        ) as client:
            assert KNOWN in [model.id async for model in client.models.list()]
            assert (await client.models.retrieve(KNOWN)).object == "model"

    asyncio.run(models())


@pytest.mark.node
def test_the_node_sdk_lists_and_retrieves_models(clients: Clients, target: Target) -> None:
    client = clients["openai-node"]
    assert isinstance(client, OpenAINode)
    listed = client.models(target, "list")
    assert listed.failure is None
    assert client.models(target, KNOWN).reply == next(model for model in listed.reply if model["id"] == KNOWN)
    missing = client.models(target, "nobody.has-this-v1:0").failure
    assert missing
    assert (missing.kind, missing.status, missing.code) == ("NotFoundError", 404, "model_not_found")


def test_a_model_says_what_agents_ask_a_catalog_for(target: Target) -> None:
    reply = request(target.url, "GET", f"/v1/models/{KNOWN}", {"authorization": f"Bearer {target.key}"})
    assert {"id", "context_window", "max_output_tokens", "display_name", "input_modalities"} <= reply.json.keys()
