"""Every client gets whole answers, word by word as Bedrock sends them."""

import pytest
from integration.clients.clients import WHOLE, Client, Clients
from integration.clients.outcome import Target
from integration.clients.scenarios import HESITANT, MODEL, PLAIN, TEXT, USAGE
from integration.deployment import Deployment


def test_a_streamed_answer_is_whole(client: Client, target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN, model=MODEL)
    outcome = client.ask(target, MODEL)
    assert outcome.failure is None
    assert (outcome.text, outcome.usage, outcome.stop_reason) == (TEXT, USAGE, client.stops_with)
    assert deployment.calls(MODEL) == 1


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_in_one_piece_is_whole(name: str, clients: Clients, target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN, model=MODEL)
    outcome = clients[name].ask(target, MODEL, stream=False)
    assert outcome.failure is None
    assert (outcome.text, outcome.usage, outcome.stop_reason) == (TEXT, USAGE, clients[name].stops_with)
    assert deployment.calls(MODEL) == 1


def test_words_arrive_while_bedrock_is_still_speaking(client: Client, target: Target, deployment: Deployment) -> None:
    deployment.upstream.script(HESITANT, model=MODEL)
    outcome = client.ask(target, MODEL)
    assert (outcome.failure, outcome.text) == (None, TEXT)
    # Bedrock takes 0.6 s from its first word to its third; a buffer anywhere would make them arrive as one.
    assert outcome.arrivals[2] - outcome.arrivals[0] > 0.3
