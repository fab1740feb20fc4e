"""Bedrock falls silent, or the function's time runs out: every client is told, and keeps what it has got."""

from collections.abc import Iterator
from copy import replace

import pytest
from integration.clients.clients import Client
from integration.clients.faults import Fault
from integration.clients.outcome import Target, target_of
from integration.clients.scenarios import FIRST_WORDS, MODEL, SILENT
from integration.deployment import Deployment

# Seconds that Bedrock may be silent.
PATIENCE = 0.5
SILENCE = Fault("silent", "ModelStreamErrorException", 502, "Bedrock sent nothing for")
TIMEOUT = Fault("stall-before-headers", "ModelTimeoutException", 504, "Bedrock sent nothing for", aws_status=408)
LATE = Fault("silent", "ModelStreamErrorException", 502, "The function's time is over")


@pytest.fixture(scope="module")
def impatient(deployment: Deployment) -> Iterator[Target]:
    """A gateway that gives up on Bedrock soon."""
    with deployment.gateway(SLUICE_UPSTREAM_IDLE_TIMEOUT=str(PATIENCE)) as gateway:
        yield target_of(gateway, deployment.api_key)


@pytest.fixture(scope="module")
def short_lived(deployment: Deployment) -> Iterator[Target]:
    """A gateway whose function has little time; it keeps four seconds of it to end in order."""
    with deployment.gateway(timeout=4.8) as gateway:
        yield target_of(gateway, deployment.api_key)


def test_silence_in_mid_answer_ends_it_with_an_error(client: Client, impatient: Target, deployment: Deployment) -> None:
    deployment.upstream.script(SILENT, model=MODEL)
    outcome = client.ask(impatient, MODEL)
    assert client.breakage(SILENCE).is_met_by(outcome.failure), outcome
    assert outcome.text == FIRST_WORDS
    # The words were there before the silence was over.
    assert outcome.arrivals[-1] < outcome.seconds - PATIENCE / 2
    assert deployment.calls(MODEL) == 1


def test_silence_instead_of_an_answer_is_a_timeout_and_asked_for_once(
    client: Client, impatient: Target, deployment: Deployment
) -> None:
    # What Bedrock may have worked on, and wants paid, must not be asked for again by an SDK's retries.
    outcome = client.ask(replace(impatient, attempts=3), "emulator.stall-before-headers")
    assert client.refusal(TIMEOUT).is_met_by(outcome.failure), outcome
    assert deployment.calls("emulator.stall-before-headers") == 1


def test_an_answer_ends_with_an_error_before_the_functions_time_does(
    client: Client, short_lived: Target, deployment: Deployment
) -> None:
    deployment.upstream.script(SILENT, model=MODEL)
    outcome = client.ask(short_lived, MODEL)
    assert client.breakage(LATE).is_met_by(outcome.failure), outcome
    assert outcome.text == FIRST_WORDS
