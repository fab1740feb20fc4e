"""Bedrock Runtime in several regions: each has an endpoint and a signature of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from time import time

import pytest
from gateway.aws.bedrock_runtime import BedrockRuntime
from gateway.aws.connection import Endpoint
from gateway.aws.sigv4 import Credentials
from sluice_local.bedrock_runtime import DEFAULT_CREDENTIALS, RunningEmulator, Settings, running_emulator

HOME, ELSEWHERE = "us-east-1", "eu-west-1"
BODY = b'{"messages": [{"role": "user", "content": [{"text": "Hello!"}]}]}'


@pytest.fixture
def regions() -> Iterator[dict[str, RunningEmulator]]:
    """An emulator for each region, which takes signatures for its own only."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(running_emulator(Settings(region=name))) for name in (HOME, ELSEWHERE)}


@pytest.fixture
def made() -> list[str]:
    """The regions whose endpoints were made."""
    return []


@pytest.fixture
def bedrock(regions: dict[str, RunningEmulator], made: list[str]) -> Iterator[BedrockRuntime]:
    [(key_id, key)] = DEFAULT_CREDENTIALS.access_keys.items()
    endpoints = {name: Endpoint(emulator.url, name) for name, emulator in regions.items()}

    def endpoint_in(region: str) -> Endpoint:
        made.append(region)
        return endpoints[region]

    yield BedrockRuntime(endpoints[HOME], lambda: Credentials(key_id, key.secret), HOME, time, endpoint_in)
    for endpoint in endpoints.values():
        endpoint.close()


def status_of(bedrock: BedrockRuntime, region: str) -> int:
    pending = bedrock.send("/model/mistral.mistral-large-3-675b-instruct/converse", {}, BODY, region)
    try:
        head = pending.head(10)
        assert head
        pending.read_all(10)
        return head.status
    finally:
        pending.close()


def test_each_region_is_asked_at_its_own_endpoint_with_its_own_signature(
    bedrock: BedrockRuntime, regions: dict[str, RunningEmulator], made: list[str]
) -> None:
    assert [status_of(bedrock, region) for region in ("", ELSEWHERE, HOME, ELSEWHERE)] == [200] * 4
    assert [len(emulator.requests) for emulator in regions.values()] == [2, 2]
    assert made == [ELSEWHERE]
