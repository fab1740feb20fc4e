"""The native dialect is transparent: with Sluice or without, a client gets the same answer, byte for byte."""

import pytest
from integration.clients.outcome import Target
from integration.clients.raw import Reply, request
from integration.deployment import BEDROCK_API_KEY, Deployment
from sluice_local.bedrock_runtime.scenarios.refusals import REFUSALS
from sluice_local.bedrock_runtime.scenarios.replies import REPLIES

# What an answer's headers say of itself; ids and dates are each request's own.
TOLD = ("content-type", "x-amzn-errortype", "retry-after")
# Refusals that Sluice explains: Bedrock's words come first, then its own.
EXPLAINED = {"access-denied", "not-authorized", "expired-token"}


@pytest.mark.parametrize("operation", ["converse-stream", "converse"])
@pytest.mark.parametrize("scenario", REPLIES)
def test_an_answer_is_bedrocks_own(scenario: str, operation: str, target: Target, deployment: Deployment) -> None:
    direct = _ask(deployment.upstream.url, BEDROCK_API_KEY, scenario, operation)
    through = _ask(target.url, target.key, scenario, operation)
    assert direct.status == 200
    assert (through.status, _told(through), through.body) == (200, _told(direct), direct.body)


@pytest.mark.parametrize("scenario", sorted(REFUSALS.keys() - EXPLAINED))
def test_a_refusal_is_bedrocks_own(scenario: str, target: Target, deployment: Deployment) -> None:
    direct = _ask(deployment.upstream.url, BEDROCK_API_KEY, scenario, "converse-stream")
    through = _ask(target.url, target.key, scenario, "converse-stream")
    assert (through.status, _told(through), through.body) == (direct.status, _told(direct), direct.body)


def _ask(url: str, key: str, scenario: str, operation: str) -> Reply:
    body = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    return request(url, "POST", f"/model/emulator.{scenario}/{operation}", {"authorization": f"Bearer {key}"}, body)


def _told(reply: Reply) -> dict[str, str | None]:
    return {name: reply.headers.get(name) for name in TOLD}
