"""The gateway where nothing was discovered, or where nothing is cached: it has the refresh function run, as in AWS."""

import time

import pytest
from integration.deployment import Deployment
from integration.fresh_catalog import fresh

# Bedrock's emulator offers it in us-east-1 through profiles only.
OPUS = "anthropic.claude-opus-4-8"


def test_the_first_list_of_a_new_deployment_waits_for_what_is_discovered(deployment: Deployment) -> None:
    with fresh(deployment, "filled-by-a-list") as it:
        models = it.models()
        assert OPUS in {model["id"] for model in models}
        assert not any("availability" in str(model["assumed"]) for model in models)
        assert it.models() == models
        assert it.refreshes() == 1


def test_a_request_for_a_model_waits_for_nothing_and_has_the_catalog_filled(deployment: Deployment) -> None:
    with fresh(deployment, "filled-by-a-request") as it:
        assert it.ask("claude-opus-4-8").status == 200
        assert deployment.upstream.requests[-1].path.startswith(f"/model/us.{OPUS}/")
        until = time.monotonic() + 30
        while not it.is_filled():
            assert time.monotonic() < until
            time.sleep(0.05)


def test_with_an_interval_of_zero_every_list_is_live(deployment: Deployment) -> None:
    with fresh(deployment, "never-cached", SLUICE_REFRESH_INTERVAL="0") as it:
        for count in (1, 2, 3):
            assert len(it.models()) > 30
            assert it.refreshes() == count
        assert it.ask("amazon.nova-lite-v1:0").status == 200
        assert it.refreshes() == 3


@pytest.mark.parametrize("function", ["", "nobody"])
def test_where_nobody_fills_the_catalog_well_known_models_stand_in(deployment: Deployment, function: str) -> None:
    with fresh(deployment, f"never-filled-{function}", SLUICE_REFRESH_FUNCTION=function) as it:
        models = it.models()
        assert OPUS in {model["id"] for model in models}
        assert all("availability" in str(model["assumed"]) for model in models)
        assert it.ask("claude-opus-4-8").status == 200
        warned = [line for line in it.gateway.logs if "The catalog could not be refreshed" in line]
        assert len(warned) == bool(function)
        assert it.refreshes() == 0
