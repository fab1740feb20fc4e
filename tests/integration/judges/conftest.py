from collections.abc import Iterator

import pytest
from integration.clients.outcome import target_of
from integration.deployment import Deployment
from integration.judges.judges import Court
from sluice_local.lambda_service import RunningFunctionUrl


@pytest.fixture(scope="session")
def court(deployment: Deployment, gateway: RunningFunctionUrl) -> Iterator[Court]:
    court = Court(target_of(gateway, deployment.api_key))
    yield court
    court.close()


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    """Let each test begin with nothing recorded and nothing scripted."""
    deployment.upstream.clear()
