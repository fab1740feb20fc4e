"""The services around Bedrock on one machine: started, reached, stopped."""

import logging
import socket
import subprocess
import sys
from contextlib import closing
from urllib.parse import urlsplit

import boto3
import pytest
from sluice_local.aws_services import running_aws_services, start_aws_services


def client_of(services, name):
    return closing(
        boto3.client(
            name,
            endpoint_url=services.endpoint_url,
            region_name=services.region,
            aws_access_key_id=services.access_key_id,
            aws_secret_access_key=services.secret_access_key,
        )
    )


def port_of(services):
    return urlsplit(services.endpoint_url).port


def test_both_tables_are_there_and_the_catalog_expires():
    with running_aws_services() as services, client_of(services, "dynamodb") as dynamodb:
        for table in (services.catalog_table, services.access_table):
            described = dynamodb.describe_table(TableName=table)["Table"]
            assert (described["TableStatus"], described["KeySchema"]) == (
                "ACTIVE",
                [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            )
        ttl = dynamodb.describe_time_to_live(TableName=services.catalog_table)["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_the_environment_leads_boto3_to_both_services(monkeypatch):
    with running_aws_services(region="eu-west-1") as services:
        for name, value in services.environment().items():
            monkeypatch.setenv(name, value)
        with closing(boto3.client("bedrock")) as bedrock, closing(boto3.client("dynamodb")) as dynamodb:
            (model, *_) = bedrock.list_foundation_models()["modelSummaries"]
            assert model["modelArn"].startswith("arn:aws:bedrock:eu-west-1::foundation-model/")
            assert dynamodb.list_tables()["TableNames"] == [services.catalog_table, services.access_table]


def test_the_port_can_be_chosen_and_is_free_again_afterwards():
    with running_aws_services() as services:
        port = port_of(services)
    chosen = start_aws_services(port=port)
    assert chosen.endpoint_url == f"http://127.0.0.1:{port}"
    chosen.close()
    socket.create_server(("127.0.0.1", port)).close()


def test_a_port_in_use_is_an_error_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        start_aws_services(port=taken.getsockname()[1])


def test_nothing_is_remembered_from_one_start_to_the_next():
    with running_aws_services() as services, client_of(services, "dynamodb") as dynamodb:
        dynamodb.put_item(TableName=services.access_table, Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    with running_aws_services() as services, client_of(services, "dynamodb") as dynamodb:
        assert dynamodb.scan(TableName=services.access_table)["Count"] == 0


def test_a_profile_that_does_not_exist_is_no_hindrance(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    services = start_aws_services()
    services.close()


def test_requests_are_not_logged(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("werkzeug").setLevel(logging.NOTSET)
    with running_aws_services():
        pass
    assert [record for record in caplog.records if record.name == "werkzeug"] == []
    assert capfd.readouterr() == ("", "")


def test_only_a_start_pays_for_moto():
    check = "import sys, sluice_local.aws_services; sys.exit(bool({'moto', 'boto3', 'flask'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False, timeout=60).returncode == 0
