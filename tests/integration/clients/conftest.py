from collections.abc import Iterator

import pytest
from integration.clients.clients import EVERY, Client, Clients
from integration.clients.outcome import Target, target_of
from integration.deployment import Deployment
from sluice_local.lambda_service import RunningFunctionUrl


@pytest.fixture(scope="session")
def clients(gateway: RunningFunctionUrl) -> Iterator[Clients]:
    clients = Clients(gateway.ca_bundle)
    yield clients
    clients.close()


def _marked(name: str) -> object:
    return pytest.param(name, marks=[] if name == "boto3" or "python" in name else [pytest.mark.node])


@pytest.fixture(params=[_marked(name) for name in EVERY])
def client(request: pytest.FixtureRequest, clients: Clients) -> Client:
    """One client after the other."""
    return clients[request.param]


@pytest.fixture(autouse=True)
def fresh_upstream(deployment: Deployment) -> None:
    """Let each test begin with nothing recorded and nothing scripted."""
    deployment.upstream.clear()


@pytest.fixture
def target(deployment: Deployment, gateway: RunningFunctionUrl) -> Target:
    return target_of(gateway, deployment.api_key)
