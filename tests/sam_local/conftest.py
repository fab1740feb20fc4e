"""What every test here needs: an engine, the emulators, a key, the SAM CLI."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from sam_local.emulators import Emulators, running_emulators
from sam_local.engine import ARCHITECTURE, Engine, NoContainersError, find_engine, listening_address
from sam_local.sam_cli import BUILT_TEMPLATE, SamCli
from sluice.key_issuing import draft_key, issue_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def engine() -> Engine:
    try:
        return find_engine()
    except NoContainersError as error:
        reason = f"no function was invoked in a container: {error}"
        if os.environ.get("SLUICE_REQUIRE_CONTAINERS"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def emulators(engine: Engine) -> Iterator[Emulators]:
    with running_emulators(listening_address(engine)) as emulators:
        yield emulators


@pytest.fixture(scope="session")
def dynamodb(emulators: Emulators) -> Iterator["DynamoDBClient"]:
    services = emulators.services
    client = boto3.client(
        "dynamodb",
        endpoint_url=services.endpoint_url,
        region_name=services.region,
        aws_access_key_id=services.access_key_id,
        aws_secret_access_key=services.secret_access_key,
    )
    yield client
    client.close()


@pytest.fixture(scope="session")
def key(emulators: Emulators, dynamodb: "DynamoDBClient") -> str:
    """A key that the access table knows."""
    text, _ = issue_key(dynamodb, emulators.services.access_table, draft_key("sam local"))
    return text


@pytest.fixture(scope="session")
def sam(emulators: Emulators, tmp_path_factory: pytest.TempPathFactory) -> SamCli:
    if not BUILT_TEMPLATE.is_file():
        pytest.fail(f"nothing was built for {ARCHITECTURE}: run `make build`")
    return SamCli(emulators, tmp_path_factory.mktemp("sam"))
