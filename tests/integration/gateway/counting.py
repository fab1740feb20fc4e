"""An access table of one's own in moto, through the gateway's own client of DynamoDB."""

import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.aws.connection import Endpoint
from gateway.aws.credentials import credential_source
from gateway.aws.dynamodb import DynamoDB
from gateway.errors import StoreUnavailable
from integration.deployment import Deployment, dynamodb_of, make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Clock:
    """A clock that stands still until it is set: ten seconds past noon of 2026-11-15."""

    def __init__(self) -> None:
        self.now = 1_794_744_010.0

    def __call__(self) -> float:
        return self.now


class Counted(DynamoDB):
    """The gateway's client, which counts its updates, and fails where it is told to.

    `lost`: so many updates are done and not answered, after the first `lost_after` that succeed. `is_down`:
    nothing is done.
    """

    updates = 0
    lost = 0
    lost_after = 0
    is_down = False

    def _call(self, operation: str, request: dict[str, Any], attempts: int = 3) -> dict[str, Any]:
        if self.is_down:
            raise StoreUnavailable("DynamoDB did not answer")
        self.updates += operation in ("UpdateItem", "TransactWriteItems")
        answer = super()._call(operation, request)
        if self.lost_after:
            self.lost_after -= 1
        elif self.lost:
            self.lost -= 1
            # What the client does by itself where no answer came.
            if attempts == 1:
                raise StoreUnavailable("DynamoDB did not answer")
            answer = super()._call(operation, request)
        return answer


@dataclass(frozen=True, slots=True)
class AccessTable:
    """A table, and clients of it for as many environments as are asked for."""

    name: str
    deployment: Deployment
    boto3: "DynamoDBClient"
    clock: Clock = field(default_factory=Clock)

    def client(self) -> Counted:
        environ = self.deployment.environment
        endpoint = Endpoint(self.deployment.aws.endpoint_url, "DynamoDB")
        return Counted(endpoint, credential_source(environ), environ["AWS_REGION"], time.time)

    def item(self, key: dict[str, Any]) -> dict[str, Any]:
        return self.boto3.get_item(TableName=self.name, Key=key).get("Item", {})

    def number(self, key: dict[str, Any], name: str) -> int:
        return int(self.item(key).get(name, {"N": "0"})["N"])


@contextmanager
def access_table(deployment: Deployment) -> Iterator[AccessTable]:
    """Make a table, and take it away again."""
    name = f"access-{uuid.uuid4().hex}"
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        make_table(dynamodb, name)
        yield AccessTable(name, deployment, dynamodb)
        dynamodb.delete_table(TableName=name)
