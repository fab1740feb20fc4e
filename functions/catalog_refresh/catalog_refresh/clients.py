"""Edge: the boto3 clients of the refresh function, made when they are first needed and kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

# A list and a batch that both hang to the last attempt still end before the function's timeout (300 s), which would
# end them without a word.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=12,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 3},
)


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients of one session. The session's region is the table's; Bedrock is asked in any."""

    session: boto3.Session
    _made: dict[tuple[str, str], Any] = field(default_factory=dict)
    # Clients may be used by several threads, a session may not: it makes them one after the other.
    _making: Lock = field(default_factory=Lock)

    def bedrock(self, region: str) -> "BedrockClient":
        """Return a client of Bedrock's control plane in a region."""
        client: BedrockClient = self._kept(
            ("bedrock", region), lambda: self.session.client("bedrock", region_name=region, config=_CONFIG)
        )
        return client

    def dynamodb(self) -> "DynamoDBClient":
        """Return the table's client."""
        client: DynamoDBClient = self._kept(("dynamodb", ""), lambda: self.session.client("dynamodb", config=_CONFIG))
        return client

    def ssm(self) -> "SSMClient":
        """Return the parameter store's client."""
        client: SSMClient = self._kept(("ssm", ""), lambda: self.session.client("ssm", config=_CONFIG))
        return client

    def s3(self) -> "S3Client":
        """Return S3's client."""
        client: S3Client = self._kept(("s3", ""), lambda: self.session.client("s3", config=_CONFIG))
        return client

    def close(self) -> None:
        """Close every connection."""
        for client in self._made.values():
            client.close()

    def _kept(self, key: tuple[str, str], make: Callable[[], Any]) -> Any:
        with self._making:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
