"""The control plane as its two kinds of users meet it: inside `mock_aws`, and behind moto's server."""

from contextlib import ExitStack

import boto3
import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict
from sluice_local import bedrock_control
from sluice_local.aws_services import ACCESS_KEY_ID, SECRET_ACCESS_KEY, running_aws_services


@pytest.fixture(scope="module", params=["in process", "server"])
def moto(request):
    """Run moto one way or the other; clients find it by the environment."""
    with ExitStack() as running:
        environment = running.enter_context(pytest.MonkeyPatch.context())
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            environment.delenv(name, raising=False)
        environment.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID)
        environment.setenv("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
        if request.param == "server":
            services = running.enter_context(running_aws_services())
            environment.setenv("AWS_ENDPOINT_URL", services.endpoint_url)
        else:
            bedrock_control.install()
            running.enter_context(mock_aws())
        yield


@pytest.fixture(scope="module")
def client_of(moto):
    """Return the one client of a service, region and credentials."""
    clients = {}

    def client(service, region="us-east-1", **credentials):
        key = (service, region, *credentials.values())
        if key not in clients:
            clients[key] = boto3.client(service, region_name=region, **credentials)
        return clients[key]

    yield client
    for made in clients.values():
        made.close()


@pytest.fixture
def bedrock(client_of):
    """Return a client of an account in which nothing was made yet."""
    BackendDict.reset()
    return client_of("bedrock")
