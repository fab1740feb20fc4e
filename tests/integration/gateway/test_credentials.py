"""Where both functions' credentials come from: OpenClaw's order, then the SDK's own chain, to an instance's role."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.session
import pytest
from catalog_refresh.clients import Clients
from catalog_refresh.credentials import credential_source, drop_blank_variables, drop_pretended_profile
from catalog_refresh.listings import list_region
from gateway.aws.credentials import credential_source as gateways_credential_source
from gateway.aws.sigv4 import Credentials
from integration.instance_metadata import ROLE, instance_metadata
from integration.lambda_service.serving import running_server
from sluice_local.certificates import ensure_certificates
from sluice_local.http_server import Exchange

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAKEYS", "AWS_SECRET_ACCESS_KEY": "secret-of-the-keys"}
PROFILE = {"AWS_PROFILE": "work"}
TOKEN = {"AWS_BEARER_TOKEN_BEDROCK": "bedrock-api-key"}
SHARED = "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = secret-of-the-profile\n"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """An EC2 instance with a role and a shared credentials file, and no variables."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text(SHARED)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with instance_metadata() as url:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
        yield monkeypatch


@pytest.fixture
def asked(machine: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """The `authorization` headers that Bedrock's control plane got, over TLS: boto3 sends no API key without."""
    authorizations: list[str] = []

    async def handle(exchange: Exchange) -> None:
        authorizations.append(exchange.request.header("authorization") or "")
        await exchange.respond(403, [("x-amzn-errortype", "AccessDeniedException")], b'{"message": "no"}')

    certificates = ensure_certificates(tmp_path)
    machine.setenv("AWS_CA_BUNDLE", str(certificates.ca_bundle))
    with running_server(handle, tls=certificates.server_context()) as server:
        machine.setenv("AWS_ENDPOINT_URL_BEDROCK", f"https://localhost:{server.port}")
        yield authorizations


CASES = [
    pytest.param({**TOKEN, **KEYS, **PROFILE}, "env: AWS_BEARER_TOKEN_BEDROCK", "Bearer bedrock-api-key", id="token"),
    pytest.param({**KEYS, **PROFILE}, "env: AWS_ACCESS_KEY_ID + AWS_SECRET_ACCESS_KEY", "=AKIAKEYS/", id="keys"),
    pytest.param(PROFILE, "env: AWS_PROFILE", "=AKIAWORK/", id="profile"),
    pytest.param({}, "aws-sdk default chain", "=ASIAROLE/", id="instance"),
    pytest.param({"AWS_PROFILE": "default"}, "aws-sdk default chain", "=ASIAROLE/", id="instance-with-workaround"),
    pytest.param({"AWS_PROFILE": " "}, "aws-sdk default chain", "=ASIAROLE/", id="blank-profile"),
]


@pytest.mark.parametrize(("variables", "source", "authorization"), CASES)
def test_the_refresh_lists_with_the_first_credentials_there_are(
    variables: dict[str, str], source: str, authorization: str, asked: list[str], machine: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        machine.setenv(name, value)
    # As the handler does at its cold start; monkeypatch restores what is deleted here.
    drop_blank_variables(os.environ)
    drop_pretended_profile(os.environ, lambda: botocore.session.Session().available_profiles)
    session = boto3.Session(region_name="us-east-1")
    assert credential_source(os.environ, lambda: session.get_credentials() is not None) == source
    clients = Clients(session)
    list_region(clients.bedrock("us-east-1"), "us-east-1")
    clients.close()
    assert asked
    assert all(authorization in sent for sent in asked), asked


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({**KEYS, **PROFILE}, Credentials("AKIAKEYS", "secret-of-the-keys")),
        (PROFILE, Credentials("AKIAWORK", "secret-of-the-profile")),
        ({}, Credentials(*ROLE.values())),
        ({"AWS_PROFILE": "default"}, Credentials(*ROLE.values())),
    ],
    ids=["keys", "profile", "instance", "instance-with-workaround"],
)
def test_the_gateway_signs_with_the_first_credentials_there_are(
    variables: dict[str, str], found: Credentials, machine: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        machine.setenv(name, value)
    source = gateways_credential_source(os.environ)
    assert source() == found
    assert source() == found


def test_a_profile_of_the_name_default_is_a_profile(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(SHARED.replace("[work]", "[default]"))
    machine.setenv("AWS_PROFILE", "default")
    assert gateways_credential_source(os.environ)().access_key_id == "AKIAWORK"
    drop_pretended_profile(os.environ, lambda: botocore.session.Session().available_profiles)
    assert os.environ["AWS_PROFILE"] == "default"
