"""Where the access table is: behind a stack's outputs in AWS, or in the environment of the stack on this machine."""

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from sluice.region import DEFAULT_REGION

from sluice_cli.errors import CommandError, aws_errors

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient

ENVIRONMENT_FILE = Path(".local") / "env"
ACCESS_TABLE_OUTPUT = "AccessTableName"
URL_OUTPUT = "FunctionUrl"
_START_LOCAL = "Start it with `make local`."


@dataclass(frozen=True, slots=True)
class Target:
    """One access table, and how to reach it; `url` is the gateway's, where it is known."""

    dynamodb: "DynamoDBClient"
    access_table: str
    url: str | None
    # What to say where DynamoDB does not answer.
    unreachable: str


def stack_target(stack_name: str, region: str | None, profile: str | None) -> Target:
    """Find the table of a deployed stack.

    The region is the given one, then the environment's, then the profile's.
    """
    # boto3 takes a third of a second to import, and `--help` should not.
    import boto3

    with aws_errors(f"cloudformation:DescribeStacks on {stack_name}"):
        session = boto3.Session(profile_name=profile)
        region = region or os.environ.get("AWS_REGION") or session.region_name or DEFAULT_REGION
        stack = _described(session, stack_name, region)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    if ACCESS_TABLE_OUTPUT not in outputs:
        raise CommandError(
            f"The stack {stack_name} in {region} has no output {ACCESS_TABLE_OUTPUT} (it is {stack['StackStatus']}). "
            "Is it Sluice's, and deployed to the end?"
        )
    dynamodb = session.client("dynamodb", region_name=region)
    return Target(dynamodb, outputs[ACCESS_TABLE_OUTPUT], outputs.get(URL_OUTPUT), unreachable="")


def local_target(folder: Path) -> Target:
    """Find the table of the stack on this machine, whose environment lies in the folder or in one above."""
    import boto3
    import botocore.session

    file = _environment_file(folder)
    environment = read_environment(file.read_text(encoding="utf-8").splitlines())

    def needed(name: str) -> str:
        if value := environment.get(name):
            return value
        raise CommandError(f"{file} does not say {name}. Stop the local stack; then: {_START_LOCAL}")

    # The operator's profile has no say here, not even one that does not exist.
    without_profile = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    dynamodb = boto3.Session(botocore_session=without_profile).client(
        "dynamodb",
        endpoint_url=needed("AWS_ENDPOINT_URL_DYNAMODB"),
        region_name=needed("AWS_REGION"),
        aws_access_key_id=needed("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=needed("AWS_SECRET_ACCESS_KEY"),
    )
    return Target(
        dynamodb,
        needed("SLUICE_ACCESS_TABLE"),
        environment.get("SLUICE_URL"),
        unreachable=f"The local stack is not running. {_START_LOCAL}",
    )


def read_environment(lines: Sequence[str]) -> Mapping[str, str]:
    """Read lines like `NAME=value` as a shell would, `export`, quotes and comments included."""
    words = (word for line in lines for word in shlex.split(line, comments=True) if "=" in word)
    return dict(word.split("=", 1) for word in words)


def _environment_file(folder: Path) -> Path:
    for place in (folder, *folder.parents):
        if (file := place / ENVIRONMENT_FILE).is_file():
            return file
    raise CommandError(f"The local stack is not running: there is no {ENVIRONMENT_FILE}. {_START_LOCAL}")


def _described(session: "Session", stack_name: str, region: str) -> "StackTypeDef":
    client = session.client("cloudformation", region_name=region)
    try:
        (stack,) = client.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        # CloudFormation's code for a stack that is not there.
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise CommandError(f"There is no stack {stack_name} in {region}. Is it in another --region?") from error
    finally:
        client.close()
    return stack
