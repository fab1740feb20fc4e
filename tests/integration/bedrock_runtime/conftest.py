from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from integration.bedrock_runtime.clients import BEARER_TOKEN, bearer_client, signing_client
from sluice_local.bedrock_runtime import RunningEmulator, running_emulator


@pytest.fixture(scope="package")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    with running_emulator(certificates=tmp_path_factory.mktemp("certificates")) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: RunningEmulator) -> RunningEmulator:
    """An emulator with nothing recorded and nothing queued."""
    shared_emulator.clear()
    return shared_emulator


@pytest.fixture(scope="package")
def signing(shared_emulator: RunningEmulator) -> Iterator[Any]:
    """A boto3 client that signs, over HTTP."""
    with closing(signing_client(shared_emulator)) as client:
        yield client


@pytest.fixture(scope="package")
def bearer(shared_emulator: RunningEmulator) -> Iterator[Any]:
    with closing(bearer_client(shared_emulator)) as client:
        yield client


@pytest.fixture
def bearing(bearer: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A boto3 client with a bearer token, over TLS."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", BEARER_TOKEN)
    return bearer


@pytest.fixture(params=["signing", "bearing"])
def client(request: pytest.FixtureRequest) -> Any:
    """Both."""
    return request.getfixturevalue(request.param)
