"""Large requests, and many at once."""

import asyncio

import openai
import pytest
from integration.clients.clients import Clients
from integration.clients.outcome import Target, target_of
from integration.clients.raw import request
from integration.clients.scenarios import MODEL, PLAIN, TEXT
from integration.deployment import Deployment
from sluice_local.bedrock_runtime import Scenario, Wait
from sluice_local.bedrock_runtime.scenarios import blocks

# Bedrock takes images of 3.75 MB, which are 5 MB in base64.
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(3_750_000 - 8)
PROMPT = [
    {"role": "user", "content": [{"text": "What is this?"}, {"image": {"format": "png", "source": {"bytes": IMAGE}}}]}
]
STREAMS = 20


def test_an_image_of_the_largest_size_passes(clients: Clients, target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN, model=MODEL)
    outcome = clients["boto3"].ask(target, MODEL, messages=PROMPT)
    assert (outcome.failure, outcome.text) == (None, TEXT)
    (sent,) = deployment.upstream.requests
    assert len(sent.body) > 5_000_000


@pytest.mark.parametrize("path", ["/v1/chat/completions", f"/model/{MODEL}/converse"])
def test_more_than_a_function_url_takes_is_refused(path: str, target: Target, deployment: Deployment) -> None:
    headers = {"authorization": f"Bearer {target.key}"}
    reply = request(target.url, "POST", path, headers, b"{" + b" " * (6 * 1024 * 1024) + b"}")
    assert reply.status == 413
    assert deployment.upstream.requests == []


def test_many_answers_stream_at_once_each_from_its_own_environment(deployment: Deployment) -> None:
    for number in range(STREAMS):
        deployment.upstream.script(_counting_up_to(number), model=f"arn:*/{number}")
    with deployment.gateway() as gateway:
        target = target_of(gateway, deployment.api_key)
        texts = asyncio.run(_ask_all(target))
        assert len(gateway.environment_pids()) == STREAMS
    assert texts == [_words(number) for number in range(STREAMS)]


async def _ask_all(target: Target) -> list[str]:
    async with openai.AsyncOpenAI(base_url=f"{target.url}/v1", api_key=target.key, max_retries=0) as client:
        return await asyncio.gather(*(_ask(client, number) for number in range(STREAMS)))


async def _ask(client: openai.AsyncOpenAI, number: int) -> str:
    model = f"arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/{number}"
    messages = [{"role": "user", "content": "Count!"}]
    stream = await client.chat.completions.create(model=model, messages=messages, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


def _counting_up_to(number: int) -> Scenario:
    """Say the numbers so slowly that all twenty answers overlap."""
    deltas = [blocks.delta(0, {"text": character}) for character in _words(number)]
    return Scenario("counting", (blocks.message_start(), Wait(1.0), *deltas, blocks.message_stop("end_turn")))


def _words(number: int) -> str:
    return ",".join(map(str, range(number + 1)))
