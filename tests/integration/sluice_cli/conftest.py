"""moto's server with a deployed stack, and one with the environment file of a local stack."""

import json
import os
from contextlib import closing

import boto3
import pytest
from click.testing import CliRunner
from moto.core.base_backend import BackendDict
from sluice.access_items import DEPLOYMENT
from sluice_cli.main import cli
from sluice_local.aws_services import running_aws_services

STACK = "sluice-test"
CATALOG_TABLE = "sluice-test-catalog"


def _table(**properties):
    names = ("pk", "sk")
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
            ],
            **properties,
        },
    }


TEMPLATE = {
    "Resources": {"Access": _table(), "Catalog": _table(TableName=CATALOG_TABLE)},
    "Outputs": {
        "AccessTableName": {"Value": {"Ref": "Access"}},
        "CatalogTableName": {"Value": {"Ref": "Catalog"}},
        "RefreshFunctionName": {"Value": "sluice-catalog-refresh"},
        "FunctionUrl": {"Value": "https://abc.lambda-url.eu-west-1.on.aws/"},
    },
}


@pytest.fixture(scope="module")
def server():
    with running_aws_services() as services:
        yield services


@pytest.fixture
def aws(server, monkeypatch, tmp_path):
    """Stand for an operator's machine whose AWS is moto, with nothing deployed; no file of the real one is read."""
    BackendDict.reset()
    for name in [name for name in os.environ if name.startswith(("AWS_", "SLUICE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret_access_key)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return server


@pytest.fixture
def deploy(aws):
    def deploy(template=TEMPLATE, region="eu-west-1"):
        with closing(boto3.client("cloudformation", region_name=region)) as cloudformation:
            cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template))

    return deploy


@pytest.fixture
def stack(deploy):
    """Deploy the stack and return the options that name it."""
    deploy()
    return ("--stack-name", STACK)


@pytest.fixture
def items(aws):
    """Read whatever is in the access table of the region, but for the deployment's secret."""

    def items(region="eu-west-1"):
        with closing(boto3.client("dynamodb", region_name=region)) as dynamodb:
            (table,) = set(dynamodb.list_tables()["TableNames"]) - {CATALOG_TABLE}
            return [item for item in dynamodb.scan(TableName=table)["Items"] if item["pk"]["S"] != DEPLOYMENT]

    return items


@pytest.fixture
def sluice():
    """Run the command in this process."""

    def run(*arguments):
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)

    return run


@pytest.fixture
def credentials_with(monkeypatch):
    """Become a user who has only these actions."""

    def become(*actions):
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        with closing(boto3.client("iam", region_name="us-east-1")) as iam:
            iam.create_user(UserName="operator")
            iam.put_user_policy(UserName="operator", PolicyName="p", PolicyDocument=document)
            key = iam.create_access_key(UserName="operator")["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    return become
