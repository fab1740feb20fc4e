"""What the command says when it fails, on stderr and with exit code 1; what AWS raised is put into words here."""

from collections.abc import Iterator
from contextlib import contextmanager

import botocore.exceptions
import click
from botocore.exceptions import BotoCoreError, ClientError

_UNACCEPTED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_CREDENTIALS_MISSING = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.SSOError,
)


class CommandError(click.ClickException):
    """The command did not do what it was asked to; the message says why and what helps."""


@contextmanager
def aws_errors(action: str, *, unreachable: str = "") -> Iterator[None]:
    """Turn what boto3 raises in the block into CommandError.

    `action` is the permission that the block needs, like `dynamodb:Scan`; `unreachable` is what to say, after the
    endpoint, where nothing answers.
    """
    try:
        yield
    except botocore.exceptions.ProfileNotFound as error:
        raise CommandError(f"{error}. `aws configure list-profiles` lists the ones there are.") from error
    except _CREDENTIALS_MISSING as error:
        reason = str(error).rstrip(".")
        raise CommandError(f"No AWS credentials: {reason}. Give --profile, or set AWS_PROFILE or keys.") from error
    except botocore.exceptions.ConnectionError as error:
        raise CommandError(f"{error}. {unreachable}".rstrip()) from error
    except BotoCoreError as error:
        raise CommandError(str(error)) from error
    except ClientError as error:
        raise CommandError(_in_words(error, action)) from error


def _in_words(error: ClientError, action: str) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code in _UNACCEPTED:
        return f"AWS does not accept these credentials ({code}): {message}"
    if code in _DENIED or error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
        return f"Access denied; the command needs {action}. AWS said: {message}"
    return f"AWS refused ({code}): {message}"
