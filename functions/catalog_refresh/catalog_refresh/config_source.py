"""Edge: the configuration file's text, from an SSM parameter, an S3 object or this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from catalog_refresh.config_values import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient


class Clients(Protocol):
    """Makes boto3 clients."""

    def ssm(self) -> "SSMClient":
        """Return a client of the parameter store."""

    def s3(self) -> "S3Client":
        """Return a client of S3."""


def config_text(location: str, clients: Clients) -> str:
    """Return the file's text: `ssm:/name`, `s3://bucket/key`, or a path.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        if location.startswith("ssm:"):
            return _parameter(clients.ssm(), location.removeprefix("ssm:"))
        if location.startswith("s3://"):
            bucket, _, key = location.removeprefix("s3://").partition("/")
            return clients.s3().get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return Path(location).expanduser().read_text(encoding="utf-8")
    except (BotoCoreError, ClientError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {location} cannot be read: {error}") from error


def _parameter(ssm: "SSMClient", name: str) -> str:
    value = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"].get("Value")
    if value is None:
        raise ConfigError(f"the configuration ssm:{name} has no value")
    return value
