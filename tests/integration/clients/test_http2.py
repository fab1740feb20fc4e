"""Clients that open with HTTP/2, as the AWS SDK for JavaScript does unless told otherwise: the log says what to set."""

import logging

import pytest
from integration.clients.clients import Clients
from integration.clients.outcome import target_of
from integration.clients.scenarios import MODEL
from integration.deployment import Deployment

pytestmark = pytest.mark.node

ADVICE = (
    "this server speaks HTTP/1.1 only, and the client speaks HTTP/2. "
    "OpenClaw and pi-ai: set AWS_BEDROCK_FORCE_HTTP1=1 in their environment. "
    "AWS SDK for JavaScript: give the client `requestHandler: new NodeHttpHandler()`"
)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ["aws-sdk-node", "pi-0.73-bedrock", "pi-1.3-bedrock"])
def test_a_client_that_speaks_http2_fails_at_once_and_the_log_says_what_to_set(
    name: str, scheme: str, clients: Clients, deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    # A server says it once.
    with deployment.gateway() as gateway, caplog.at_level(logging.WARNING, "sluice_local"):
        target = target_of(gateway, deployment.api_key)
        outcome = clients[name].ask(target.over(scheme), MODEL, http2=True)
    assert outcome.failure
    assert outcome.seconds < 5
    assert [record.getMessage() for record in caplog.records if ADVICE in record.getMessage()]
    assert deployment.calls(MODEL) == 0
