"""The AWS credentials of whoever started the stack, where a real upstream is asked."""

import os
from collections.abc import Mapping

from sluice_local.stack.errors import StackError
from sluice_local.stack.options import Options

# How the caller's own AWS credentials reach the functions where a real upstream is asked. HOME: `~/.aws`.
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_EC2_METADATA_V1_DISABLED",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "HOME",
)


def require_credentials() -> None:
    """Look for credentials as the gateway will.

    Raises:
        StackError: there are none, or their profile does not exist.
    """
    if os.environ.get("AWS_BEARER_TOKEN_BEDROCK", "").strip():
        return
    # They take a while to import, which a stack without a real upstream is spared.
    from botocore.exceptions import BotoCoreError
    from gateway.aws.credentials import credential_source
    from gateway.errors import InternalFailure

    try:
        credential_source(os.environ)()
    except (InternalFailure, BotoCoreError) as error:
        raise StackError(
            f"A real upstream needs AWS credentials, and there are none ({error}). Set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a Bedrock API key as AWS_BEARER_TOKEN_BEDROCK."
        ) from error


def with_callers_credentials(environment: Mapping[str, str], options: Options) -> dict[str, str]:
    """Put the caller's own credentials in: a Bedrock API key first, then whatever the AWS SDK's chain finds.

    With an API key the made-up AWS keys stay, because DynamoDB is still this machine's. Without one they go: the chain
    would take them before a profile.
    """
    if token := os.environ.get("AWS_BEARER_TOKEN_BEDROCK", "").strip():
        # boto3 sends no API key over plain HTTP, which is what the control plane's emulator speaks.
        listing = {} if options.emulates_bedrock else {"AWS_BEARER_TOKEN_BEDROCK": token}
        return {**environment, **listing, "SLUICE_BEDROCK_API_KEY": token}
    own = {name: os.environ[name] for name in _CREDENTIALS if os.environ.get(name)}
    return {**{name: value for name, value in environment.items() if name not in _CREDENTIALS}, **own}
