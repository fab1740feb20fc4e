"""Where a deployment is: behind a stack's outputs in AWS, or in the environment of the stack on this machine."""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError
from catalog_refresh.credentials import drop_blank_variables, drop_pretended_profile
from sluice.region import DEFAULT_REGION

from sluice_cli.errors import CommandError, aws_errors

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

ENVIRONMENT_FILE = Path(".local") / "env"
_START_LOCAL = "Start it with `make local`."
# A refresh may take Lambda's 300 seconds, and one that the connection gave up runs on: it must not be begun again.
_PATIENT = Config(read_timeout=310, tcp_keepalive=True, retries={"total_max_attempts": 1})


@dataclass(frozen=True, slots=True)
class Names:
    """What a place calls the things that a deployment consists of."""

    access_table: str
    catalog_table: str
    refresh_function: str
    url: str


OUTPUTS = Names("AccessTableName", "CatalogTableName", "RefreshFunctionName", "FunctionUrl")
VARIABLES = Names("SLUICE_ACCESS_TABLE", "SLUICE_CATALOG_TABLE", "SLUICE_REFRESH_FUNCTION", "SLUICE_URL")


@dataclass(frozen=True, slots=True)
class Target:
    """One deployment, and clients that reach it. Close it when done.

    `values` are the deployment's, by what `names` says; `missing` is what to say of one that is not there, and
    `unreachable` where a service does not answer. `make` makes a client of a service.
    """

    names: Names
    region: str
    values: Mapping[str, str]
    missing: Callable[[str], str]
    make: Callable[..., Any]
    unreachable: str = ""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def access_table(self) -> str:
        """The table of keys, budgets and usage."""
        return self._needed(self.names.access_table)

    @property
    def catalog_table(self) -> str:
        """The table of models."""
        return self._needed(self.names.catalog_table)

    @property
    def refresh_function(self) -> str:
        """The function that fills the catalog."""
        return self._needed(self.names.refresh_function)

    @property
    def url(self) -> str | None:
        """The gateway's URL, where it is known."""
        return self.values.get(self.names.url)

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """The client of both tables."""
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def aws_lambda(self) -> "LambdaClient":
        """The client that invokes the refresh function, and waits for it."""
        client: LambdaClient = self._client("lambda", config=_PATIENT)
        return client

    def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            client.close()

    def _client(self, service: str, **options: Any) -> Any:
        if service not in self._clients:
            self._clients[service] = self.make(service, **options)
        return self._clients[service]

    def _needed(self, name: str) -> str:
        if value := self.values.get(name):
            return value
        raise CommandError(self.missing(name))


def stack_target(stack_name: str, region: str | None, profile: str | None) -> Target:
    """Find a deployed stack.

    The region is the given one, then the environment's, then the profile's.
    """
    # boto3 takes a third of a second to import, and `--help` should not.
    import boto3
    import botocore.session

    drop_blank_variables(os.environ)
    drop_pretended_profile(os.environ, lambda: botocore.session.Session().available_profiles)
    with aws_errors(f"cloudformation:DescribeStacks on {stack_name}"):
        session = boto3.Session(profile_name=profile)
        region = region or os.environ.get("AWS_REGION") or session.region_name or DEFAULT_REGION
        stack = _described(session, stack_name, region)

    def make(service: Any, **options: Any) -> Any:
        return session.client(service, region_name=region, **options)

    return Target(
        OUTPUTS,
        region,
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        lambda name: (
            f"The stack {stack_name} in {region} has no output {name} (it is {stack['StackStatus']}). "
            "Is it Sluice's, and deployed to the end?"
        ),
        make,
    )


def local_target(folder: Path) -> Target:
    """Find the stack on this machine, whose environment lies in the folder or in one above."""
    import boto3
    import botocore.session

    file = _environment_file(folder)
    environment = read_environment(file.read_text(encoding="utf-8").splitlines())

    def missing(name: str) -> str:
        return f"{file} does not say {name}. Stop the local stack; then: {_START_LOCAL}"

    def needed(name: str) -> str:
        if value := environment.get(name):
            return value
        raise CommandError(missing(name))

    # The operator's profile has no say here, not even one that does not exist.
    without_profile = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    session = boto3.Session(botocore_session=without_profile)

    def make(service: Any, **options: Any) -> Any:
        return session.client(
            service,
            endpoint_url=needed(f"AWS_ENDPOINT_URL_{service.upper()}"),
            region_name=needed("AWS_REGION"),
            aws_access_key_id=needed("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=needed("AWS_SECRET_ACCESS_KEY"),
            **options,
        )

    unreachable = f"The local stack is not running. {_START_LOCAL}"
    return Target(VARIABLES, needed("AWS_REGION"), environment, missing, make, unreachable)


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
