from typing import Any

import pytest
from integration.deployment import Deployment
from integration.gateway.asking import Asker
from sluice_local.lambda_service import RunningFunctionUrl


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()


@pytest.fixture
def ask_as(deployment: Deployment, gateway: RunningFunctionUrl) -> Any:
    return lambda policy: Asker(deployment, gateway, policy)
