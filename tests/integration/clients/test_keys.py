"""Nobody gets in without a key, by whichever header, and every client can tell."""

from collections.abc import Callable
from copy import replace

import pytest
from integration.clients.clients import NATIVE, Client, Clients
from integration.clients.faults import Fault
from integration.clients.outcome import Target, target_of
from integration.clients.raw import Reply, request
from integration.clients.scenarios import MODEL, PLAIN, TEXT
from integration.deployment import Deployment
from sluice.keys import new_key

INVALID = Fault("", "UnrecognizedClientException", 401, "The API key is not valid.")
SIGNED = Fault(
    "",
    "UnrecognizedClientException",
    401,
    "The request carries an AWS signature, which Sluice cannot check, and no API key. Set AWS_BEARER_TOKEN_BEDROCK to",
)

# Keys that open nothing, made from a deployment.
KEYS: dict[str, Callable[[Deployment], str]] = {
    "no-key-of-ours": lambda _: "sk-0123456789",
    "of-nobody": lambda _: new_key(b"another deployment")[0],
    "with-another-secret": lambda deployment: _with_other_secret(deployment.api_key),
    "cut-short": lambda deployment: deployment.api_key[:-1],
    "disabled": lambda deployment: deployment.make_key(disabled=True),
}


@pytest.mark.parametrize("made", KEYS.values(), ids=KEYS)
def test_a_wrong_key_is_refused(
    made: Callable[[Deployment], str], client: Client, target: Target, deployment: Deployment
) -> None:
    outcome = client.ask(replace(target, key=made(deployment)), MODEL)
    assert client.refusal(INVALID).is_met_by(outcome.failure), outcome
    assert deployment.calls(MODEL) == 0


@pytest.mark.parametrize("name", NATIVE)
def test_a_request_that_is_only_signed_is_told_what_to_set(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    outcome = clients[name].ask(replace(target, key=""), MODEL)
    assert clients[name].refusal(SIGNED).is_met_by(outcome.failure), outcome
    assert deployment.calls(MODEL) == 0


def test_a_key_opens_until_it_is_disabled(clients: Clients, deployment: Deployment) -> None:
    client = clients["openai-python"]
    key = deployment.make_key()
    deployment.upstream.script(PLAIN, model=MODEL)
    with deployment.gateway() as gateway:
        assert client.ask(target_of(gateway, key), MODEL).text == TEXT
    deployment.disable_key(key)
    # An environment may remember a key for half a minute; a new one has nothing to remember.
    with deployment.gateway() as gateway:
        outcome = client.ask(target_of(gateway, key), MODEL)
    assert client.refusal(INVALID).is_met_by(outcome.failure), outcome


@pytest.mark.parametrize(
    "path", ["/model/emulator.text/converse", "/v1/chat/completions", "/v1/messages", "/v1/models"]
)
def test_without_a_key_nothing_is_served(path: str, target: Target, deployment: Deployment) -> None:
    reply = request(target.url, "GET" if path == "/v1/models" else "POST", path, body={"model": "emulator.text"})
    assert reply.status == 401
    assert "No API key was sent" in reply.text
    assert deployment.upstream.requests == []


@pytest.mark.parametrize(
    "header",
    [("Authorization", "Bearer {}"), ("AUTHORIZATION", "bearer {}"), ("X-Api-Key", "{}"), ("api-key", "{}")],
    ids=lambda header: header[0],
)
@pytest.mark.parametrize("path", ["/model/emulator.text/converse", "/v1/chat/completions", "/v1/messages"])
def test_a_key_may_come_in_any_header_that_clients_use(path: str, header: tuple[str, str], target: Target) -> None:
    reply = _ask(target, path, {header[0]: header[1].format(target.key)})
    assert reply.status == 200
    assert TEXT in reply.text


def test_the_same_key_twice_is_one_key(target: Target) -> None:
    reply = _ask(target, "/v1/chat/completions", {"authorization": f"Bearer {target.key}", "x-api-key": target.key})
    assert reply.status == 200


def test_two_keys_are_refused(target: Target, deployment: Deployment) -> None:
    other = deployment.make_key()
    reply = _ask(target, "/v1/chat/completions", {"authorization": f"Bearer {target.key}", "x-api-key": other})
    assert reply.status == 401
    assert deployment.upstream.requests == []


def _ask(target: Target, path: str, headers: dict[str, str]) -> Reply:
    content = "Hello!" if path.startswith("/v1/") else [{"text": "Hello!"}]
    body = {"messages": [{"role": "user", "content": content}]}
    if path.startswith("/v1/"):
        body["model"] = "emulator.text"
    return request(target.url, "POST", path, headers, body)


def _with_other_secret(key: str) -> str:
    _, key_id, secret = key.split("_")
    return f"slc_{key_id}_{secret[::-1]}"
