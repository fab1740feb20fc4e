"""Where the command's AWS credentials come from: as OpenClaw's documentation says, and an instance's role counts."""

import os
from contextlib import contextmanager

import pytest
from integration.instance_metadata import ROLE, instance_metadata
from integration.lambda_service.serving import running_server
from sluice_local.certificates import ensure_certificates

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAKEYS", "AWS_SECRET_ACCESS_KEY": "secret-of-the-keys"}
SHARED = "[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = secret-of-the-profile\n"


@contextmanager
def cloudformation(folder):
    """Listen as CloudFormation, refuse everything, and keep who asked."""
    asked = []

    async def handle(exchange):
        asked.append(exchange.request.header("authorization").partition("Credential=")[2].partition("/")[0])
        refusal = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
        await exchange.respond(403, [], refusal)

    certificates = ensure_certificates(folder)
    with running_server(handle, tls=certificates.server_context()) as server:
        yield f"https://localhost:{server.port}", str(certificates.ca_bundle), asked


@pytest.mark.parametrize(
    ("variables", "options", "asker"),
    [
        (KEYS, (), "AKIAKEYS"),
        ({**KEYS, "AWS_PROFILE": "work"}, (), "AKIAKEYS"),
        (KEYS, ("--profile", "work"), "AKIAWORK"),
        ({"AWS_PROFILE": "work"}, (), "AKIAWORK"),
        ({}, (), ROLE["AccessKeyId"]),
        ({"AWS_PROFILE": "default"}, (), ROLE["AccessKeyId"]),
        ({"AWS_PROFILE": " ", "AWS_ACCESS_KEY_ID": ""}, (), ROLE["AccessKeyId"]),
    ],
    ids=["keys", "keys-and-profile", "option", "profile", "instance", "instance-with-workaround", "blanks"],
)
def test_the_command_asks_with_the_first_credentials_there_are(
    aws, sluice, monkeypatch, tmp_path, variables, options, asker
):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "shared").write_text(SHARED)
    with instance_metadata() as instance, cloudformation(tmp_path) as (endpoint, ca_bundle, asked):
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "shared"))
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", instance)
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", endpoint)
        monkeypatch.setenv("AWS_CA_BUNDLE", ca_bundle)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        result = sluice("models", "list", "--stack-name", "sluice", *options)
    assert result.exit_code == 1
    assert "needs cloudformation:DescribeStacks on sluice" in result.stderr
    assert asked == [asker]
