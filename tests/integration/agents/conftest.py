import pytest
from integration.deployment import Deployment


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    deployment.upstream.clear()
