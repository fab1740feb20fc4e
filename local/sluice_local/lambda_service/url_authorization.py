"""AuthType AWS_IAM of a function URL: the caller's signature, and what the event then says about the caller.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html#urls-auth-iam
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.signature import ALGORITHM, parse_authorization, signature_matches
from sluice_local.http_server import HttpRequest

# A signature made for Bedrock does not open a function URL.
_SERVICE = "lambda"
_CLOCK_SKEW_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class IamPrincipal:
    """Who an access key belongs to."""

    secret_access_key: str
    user_arn: str
    user_id: str = "AIDAEMULATEDUSER00000"
    account_id: str = "123456789012"


class Forbidden(Exception):  # AWS's word
    """A request that the function URL does not let in."""


def authorizer_of(
    request: HttpRequest, principals: Mapping[str, IamPrincipal], region: str, now: datetime
) -> dict[str, Any]:
    """Return the event's `authorizer.iam` for a request that a known access key has signed. Raises `Forbidden`."""
    value = request.header("authorization") or ""
    if not value.startswith(ALGORITHM):
        raise Forbidden
    try:
        authorization = parse_authorization(value)
    except ServiceError as error:
        raise Forbidden from error
    principal = principals.get(authorization.access_key_id)
    timestamp = request.header("x-amz-date") or ""
    if (
        principal is None
        or (authorization.service, authorization.region) != (_SERVICE, region)
        or not _is_recent(timestamp, now)
        or not signature_matches(request, authorization, timestamp, principal.secret_access_key)
    ):
        raise Forbidden
    return {
        "accessKey": authorization.access_key_id,
        "accountId": principal.account_id,
        "callerId": principal.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": principal.user_arn,
        "userId": principal.user_id,
    }


def _is_recent(timestamp: str, now: datetime) -> bool:
    try:
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs((now - signed_at).total_seconds()) <= _CLOCK_SKEW_SECONDS
