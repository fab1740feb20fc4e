from collections.abc import Iterator

import pytest
from integration.deployment import Deployment, running_deployment
from integration.watched_logs import WATCHED
from sluice_local.lambda_service import RunningFunctionUrl


@pytest.fixture(scope="session", autouse=True)
def logs_tell_no_secrets() -> Iterator[None]:
    """Look through every log of the functions that this run has started, once all of them have ended."""
    yield
    assert WATCHED.findings() == []


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The emulators, a full catalog and a key; gateways are started from it."""
    with running_deployment(tmp_path_factory.mktemp("certificates")) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def gateway(deployment: Deployment) -> Iterator[RunningFunctionUrl]:
    """A gateway as the template deploys it."""
    with deployment.gateway() as gateway:
        yield gateway
