"""Every client raises on every fault, and can read what happened."""

from copy import replace

import pytest
from integration.clients.clients import WHOLE, Client, Clients
from integration.clients.faults import BREAKS, REFUSALS, Fault
from integration.clients.outcome import Target
from integration.clients.scenarios import FIRST_WORDS, MODEL, TEXT
from integration.deployment import Deployment
from sluice_local.bedrock_runtime import Delivery, library_scenario


@pytest.mark.parametrize("fault", REFUSALS, ids=lambda fault: fault.scenario)
def test_a_refusal_keeps_its_status_and_its_words(
    fault: Fault, client: Client, target: Target, deployment: Deployment
) -> None:
    model = f"emulator.{fault.scenario}"
    outcome = client.ask(target, model)
    assert client.refusal(fault).is_met_by(outcome.failure), outcome
    assert outcome.text == ""
    assert deployment.calls(model) == 1


@pytest.mark.parametrize("fault", BREAKS, ids=lambda fault: fault.scenario)
def test_a_stream_that_breaks_is_an_error_after_the_words_that_came(
    fault: Fault, client: Client, target: Target, deployment: Deployment
) -> None:
    scenario = library_scenario(fault.scenario)
    assert scenario
    deployment.upstream.script(replace(scenario, delivery=Delivery(interval=0.03)), model=MODEL)
    outcome = client.ask(target, MODEL)
    assert client.breakage(fault).is_met_by(outcome.failure), outcome
    assert outcome.text == FIRST_WORDS
    assert deployment.calls(MODEL) == 1


@pytest.mark.parametrize("name", WHOLE)
def test_a_refusal_for_a_moment_is_left_to_the_sdks_retries(
    name: str, clients: Clients, target: Target, deployment: Deployment
) -> None:
    refusal, answer = library_scenario("throttled"), library_scenario("text")
    assert refusal
    assert answer
    deployment.upstream.script(refusal, answer, model=MODEL)
    outcome = clients[name].ask(replace(target, attempts=2), MODEL)
    assert (outcome.failure, outcome.text) == (None, TEXT)
    assert deployment.calls(MODEL) == 2
