"""Sluice as it is deployed, on this machine: the real functions in processes of their runtime behind function URLs,
and the emulators that they call.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from copy import replace
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from integration.aws_process import AwsProcess, running_aws_process
from integration.watched_logs import WATCHED, watched_function_url
from sluice.key_issuing import draft_key, issue_key
from sluice_local.bedrock_runtime import AccessKey, Credentials, RunningEmulator, Settings, running_emulator
from sluice_local.lambda_service import RunningFunctionUrl, UrlSettings
from sluice_local.stack.functions import gateway_spec, refresh_spec

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Opens the emulator to clients that ask it directly.
BEDROCK_API_KEY = "bedrock-api-key-of-the-tests"
# Where models are discovered and called besides, by those who want that.
ELSEWHERE = "eu-west-1"
# Generous: twenty environments may start at once on a busy machine.
_INIT_TIMEOUT = 60.0


class WatchedEmulator(RunningEmulator):
    """The emulator of Bedrock Runtime. No log may hold what it was asked."""

    def clear(self) -> None:
        """Forget what was recorded and what is still queued."""
        for request in self.requests:
            WATCHED.forbid_prompts(request.json)
        super().clear()


@dataclass(frozen=True, slots=True)
class Deployment:
    """What all gateways of a test run share.

    upstream: Bedrock Runtime's emulator, which records what it is asked and plays what it is told.
    environment: the functions' variables.
    api_key: opens every gateway.
    folder: where the development certificates are.
    """

    upstream: WatchedEmulator
    aws: AwsProcess
    environment: Mapping[str, str]
    api_key: str
    folder: Path

    @contextmanager
    def gateway(
        self, settings: UrlSettings | None = None, *, timeout: float = 900.0, **environment: str
    ) -> Iterator[RunningFunctionUrl]:
        """Run the gateway function behind a URL of its own, on plain HTTP and on TLS, until the block ends.

        `timeout` is the function's, in seconds; keywords are variables of the function beside those of `environment`.
        """
        spec = gateway_spec({**self.environment, **environment})
        spec = replace(spec, timeout=timeout, init_timeout=_INIT_TIMEOUT)
        with watched_function_url(spec, settings, certificates=self.folder) as url:
            yield url

    def make_key(self, **facts: Any) -> str:
        """Put a new key into the access table and return its text; `facts` are members of its row."""
        return _make_key(self.aws, **facts)

    def disable_key(self, text: str) -> None:
        """Disable a key, as `sluice keys disable` does."""
        key = {"pk": {"S": f"KEY#{text.split('_')[1]}"}, "sk": {"S": "KEY"}}
        with closing(dynamodb_of(self.aws)) as dynamodb:
            dynamodb.update_item(
                TableName=self.aws.access_table,
                Key=key,
                UpdateExpression="SET disabled = :yes",
                ExpressionAttributeValues={":yes": {"BOOL": True}},
            )

    def calls(self, model_id: str) -> int:
        """Return how often Bedrock was asked for a model since the emulator was last cleared."""
        return sum(f"/model/{model_id}/" in request.path for request in self.upstream.requests)


@contextmanager
def running_deployment(folder: Path) -> Iterator[Deployment]:
    """Run the emulators, fill the catalog with the refresh function and make a key."""
    with running_aws_process() as aws:
        [key_id, secret] = (aws.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
        credentials = Credentials({key_id: AccessKey(secret)}, (BEDROCK_API_KEY,))
        WATCHED.forbid("an AWS secret", secret, BEDROCK_API_KEY)
        with running_emulator(Settings(other_regions=(ELSEWHERE,), credentials=credentials)) as emulator:
            upstream = WatchedEmulator(**{part.name: getattr(emulator, part.name) for part in fields(emulator)})
            environment = {
                **aws.environment,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": upstream.url,
                "SLUICE_URL_AUTH": "NONE",
            }
            with watched_function_url(replace(refresh_spec(environment), init_timeout=_INIT_TIMEOUT)) as refresh:
                refreshed = refresh.invoke({"source": "aws.scheduler"})
                assert not refreshed.error, refreshed.payload
            yield Deployment(upstream, aws, environment, _make_key(aws), folder)
            upstream.clear()


def _make_key(aws: AwsProcess, **facts: Any) -> str:
    with closing(dynamodb_of(aws)) as dynamodb:
        text, _ = issue_key(dynamodb, aws.access_table, replace(draft_key("tests"), **facts))
    return text


def dynamodb_of(aws: AwsProcess) -> "DynamoDBClient":
    """Make a client of the tables; whoever asks for it closes it."""
    return boto3.client(
        "dynamodb",
        endpoint_url=aws.endpoint_url,
        region_name=aws.environment["AWS_REGION"],
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )


def make_table(dynamodb: "DynamoDBClient", name: str) -> None:
    """Make a table with the keys that both of Sluice's have."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
