"""Where the configuration file is taken from: this machine, SSM, S3."""

import boto3
import pytest
from catalog_refresh.clients import Clients
from catalog_refresh.config_source import config_text
from catalog_refresh.config_values import ConfigError

TEXT = '{ models: {} } // "é"'


@pytest.fixture
def clients(services):
    clients = Clients(boto3.Session(region_name=services.region))
    yield clients
    clients.close()


def test_a_path_is_a_file_of_this_machine(clients, tmp_path):
    file = tmp_path / "config.json5"
    file.write_text(TEXT, encoding="utf-8")
    assert config_text(str(file), clients) == TEXT


@pytest.mark.parametrize("kind", ["String", "SecureString"])
def test_a_parameter_is_read_from_ssm(clients, kind):
    clients.ssm().put_parameter(Name="/sluice/config", Value=TEXT, Type=kind)
    assert config_text("ssm:/sluice/config", clients) == TEXT


def test_an_object_is_read_from_s3(clients):
    clients.s3().create_bucket(Bucket="bucket")
    clients.s3().put_object(Bucket="bucket", Key="path/config.json5", Body=TEXT.encode())
    assert config_text("s3://bucket/path/config.json5", clients) == TEXT


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("/nowhere/config.json5", "No such file"),
        ("ssm:/nothing", "ParameterNotFound"),
        ("s3://nobodys/config.json5", "NoSuchBucket"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(clients, location, why):
    with pytest.raises(ConfigError, match=f"the configuration {location} cannot be read: .*{why}"):
        config_text(location, clients)


def test_a_file_that_is_no_text_is_named(clients, tmp_path):
    file = tmp_path / "config.json5"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        config_text(str(file), clients)
