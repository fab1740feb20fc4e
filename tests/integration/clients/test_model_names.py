"""Models are named by ids and ARNs, percent-encoded or not, and Bedrock is always asked for what was meant."""

from urllib.parse import quote

import pytest
from integration.clients.clients import Client
from integration.clients.faults import Fault
from integration.clients.outcome import Target
from integration.clients.raw import request
from integration.clients.scenarios import PLAIN, TEXT
from integration.deployment import Deployment

NAMES = (
    "amazon.nova-lite-v1:0",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc123def456",
)
KIND = ("id", "profile", "model-arn", "profile-arn", "application-profile-arn")

# How a name may stand in a path.
SPELLINGS = {
    "encoded": lambda name: quote(name, safe=""),
    "as-it-is": lambda name: name,
    "slashes-kept": lambda name: quote(name, safe="/"),
    "colons-kept": lambda name: quote(name, safe=":"),
    "lower-case-hex": lambda name: quote(name, safe="").replace("%3A", "%3a").replace("%2F", "%2f"),
}


@pytest.mark.parametrize("name", NAMES, ids=KIND)
def test_every_client_reaches_a_model_by_every_kind_of_name(
    name: str, client: Client, target: Target, deployment: Deployment
) -> None:
    deployment.upstream.script(PLAIN)
    outcome = client.ask(target, name)
    assert (outcome.failure, outcome.text) == (None, TEXT)
    assert [sent.target for sent in deployment.upstream.requests] == [f"/model/{quote(name, safe='')}/converse-stream"]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("name", NAMES, ids=KIND)
def test_a_path_may_spell_a_name_in_any_way(name: str, spelling, target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN)
    body = {"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}
    authorization = {"authorization": f"Bearer {target.key}"}
    reply = request(target.url, "POST", f"/model/{spelling(name)}/converse", authorization, body)
    assert reply.json["output"]["message"]["content"] == [{"text": TEXT}]
    assert [sent.target for sent in deployment.upstream.requests] == [f"/model/{quote(name, safe='')}/converse"]


def test_a_name_that_was_encoded_twice_is_refused(target: Target, deployment: Deployment) -> None:
    path = f"/model/{quote(quote(NAMES[0], safe=''))}/converse"
    reply = request(target.url, "POST", path, {"authorization": f"Bearer {target.key}"}, {"messages": []})
    assert (reply.status, reply.headers["x-amzn-errortype"]) == (400, "ValidationException")
    assert deployment.upstream.requests == []


def test_a_model_of_the_other_endpoint_is_told_apart(client: Client, target: Target) -> None:
    outcome = client.ask(target, "openai.gpt-5.6-cyber")
    words = "openai.gpt-5.6-cyber is served only by the bedrock-mantle endpoint, not by Bedrock Runtime"
    assert client.refusal(Fault("", "ResourceNotFoundException", 404, words)).is_met_by(outcome.failure), outcome
