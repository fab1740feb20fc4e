"""The environment dies in mid-answer: nothing of Sluice's can speak any more, and a client sees what the platform does.

What AWS does then is not documented. The function URL emulator can do either of two things.
"""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from integration.clients.clients import Client, Clients
from integration.clients.outcome import Target, target_of
from integration.clients.scenarios import FIRST_WORDS, MODEL, PLAIN, SILENT, TEXT
from integration.deployment import Deployment
from sluice_local.lambda_service import RunningFunctionUrl, StreamFaults, UrlSettings


@pytest.fixture(scope="module")
def resetting(deployment: Deployment) -> Iterator[RunningFunctionUrl]:
    """A function URL that resets the connection when its function dies."""
    with deployment.gateway(UrlSettings(faults=StreamFaults(on_sandbox_death="abort"))) as gateway:
        yield gateway


def test_a_connection_that_is_reset_is_an_error(
    client: Client, resetting: RunningFunctionUrl, deployment: Deployment
) -> None:
    deployment.upstream.script(SILENT, model=MODEL)
    outcome = client.ask(target_of(resetting, deployment.api_key), MODEL, on_text=_kill_at_second_word(resetting))
    assert outcome.failure
    assert outcome.text == FIRST_WORDS
    assert deployment.calls(MODEL) == 1


def test_an_answer_that_only_ends_is_taken_as_each_sdk_takes_it(
    client: Client, gateway: RunningFunctionUrl, target: Target, deployment: Deployment
) -> None:
    deployment.upstream.script(SILENT, model=MODEL)
    outcome = client.ask(target, MODEL, on_text=_kill_at_second_word(gateway))
    assert outcome.text == FIRST_WORDS
    assert (outcome.failure is not None) == (client.cut_off_with == "error")
    assert outcome.failure or outcome.stop_reason == client.cut_off_with


def test_the_next_question_gets_a_new_environment(
    clients: Clients, resetting: RunningFunctionUrl, deployment: Deployment
) -> None:
    client = clients["openai-python"]
    target = target_of(resetting, deployment.api_key)
    deployment.upstream.script(SILENT, PLAIN, model=MODEL)
    client.ask(target, MODEL, on_text=_kill_at_second_word(resetting))
    outcome = client.ask(target, MODEL)
    assert (outcome.failure, outcome.text) == (None, TEXT)


def _kill_at_second_word(gateway: RunningFunctionUrl) -> Callable[[], None]:
    words = count(1)

    def on_text() -> None:
        if next(words) == 2:
            assert gateway.kill_busy() == 1

    return on_text
