"""Who may call: SigV4 with configured access keys, or a bearer token, each checked as AWS checks it."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sluice_local.bedrock_runtime.errors import ServiceError, refused
from sluice_local.bedrock_runtime.signature import ALGORITHM, Authorization, parse_authorization, signature_matches
from sluice_local.http_server import HttpRequest

_CLOCK_SKEW = 300.0
_SIGNATURE_DIFFERS = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A secret access key; temporary ones come with the session token that requests must carry."""

    secret: str
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Everything that opens the emulator: access keys by their id, and bearer tokens."""

    access_keys: Mapping[str, AccessKey] = field(default_factory=dict)
    bearer_tokens: Sequence[str] = ()


# What the documentation, the tests and the command line use where nothing else is said.
DEFAULT_CREDENTIALS = Credentials(
    {"AKIAEMULATOR00000000": AccessKey("emulator-secret-access-key")}, ("bedrock-api-key-emulator",)
)


def authenticate(
    request: HttpRequest, credentials: Credentials, regions: Sequence[str], now: float, service: str = "bedrock"
) -> str:
    """Let the request in or raise the refusal that AWS would send. `now` is in epoch seconds.

    Returns which of the regions it was signed for; a bearer token is for the first.
    """
    value = request.header("authorization")
    if not value:
        raise refused("MissingAuthenticationTokenException", "Missing Authentication Token")
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "bearer":
        _check_bearer(rest.strip(), credentials.bearer_tokens)
        return regions[0]
    if scheme == ALGORITHM:
        authorization = parse_authorization(value)
        _check_signature(request, authorization, credentials.access_keys, (regions, service), now)
        return authorization.region
    raise refused("IncompleteSignatureException", f"Authorization header requires '{ALGORITHM}' or 'Bearer'.")


def _check_bearer(token: str, accepted: Sequence[str]) -> None:
    if not any(hmac.compare_digest(token.encode(), known.encode()) for known in accepted):
        # This one comes from the front before Bedrock, which spells the member with a capital letter.
        raise ServiceError(
            "AccessDeniedException",
            403,
            "Authentication failed: Please make sure your API Key is valid.",
            message_key="Message",
        )


def _check_signature(
    request: HttpRequest,
    authorization: Authorization,
    access_keys: Mapping[str, AccessKey],
    scope: tuple[Sequence[str], str],
    now: float,
) -> None:
    regions, service = scope
    access_key = access_keys.get(authorization.access_key_id)
    if access_key is None or access_key.session_token != request.header("x-amz-security-token"):
        raise refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    timestamp = _checked_time(request, authorization, now)
    if authorization.service != service:
        raise refused("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'. ")
    if authorization.region not in regions:
        raise refused("InvalidSignatureException", "Credential should be scoped to a valid region. ")
    _check_signed_headers(request, authorization)
    if not signature_matches(request, authorization, timestamp, access_key.secret):
        raise refused("InvalidSignatureException", _SIGNATURE_DIFFERS)


def _checked_time(request: HttpRequest, authorization: Authorization, now: float) -> str:
    """Return `x-amz-date`; a signature counts for five minutes."""
    timestamp = request.header("x-amz-date") or ""
    try:
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise refused(
            "IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date'."
        ) from None
    if not timestamp.startswith(authorization.date):
        raise refused("InvalidSignatureException", "Date in Credential scope does not match YYYYMMDD from ISO-8601.")
    if abs(now - signed_at.timestamp()) > _CLOCK_SKEW:
        verb = "expired" if signed_at.timestamp() < now else "not yet current"
        raise refused("InvalidSignatureException", f"Signature {verb}: {timestamp} is not within 5 min. of now.")
    return timestamp


def _check_signed_headers(request: HttpRequest, authorization: Authorization) -> None:
    must_be_signed = [name for name, _ in request.headers if name == "host" or name.startswith("x-amz-")]
    missing = sorted(set(must_be_signed) - set(authorization.signed_headers))
    if missing:
        raise refused("InvalidSignatureException", f"'{missing[0]}' must be a 'SignedHeader' in the AWS Authorization.")
    declared = request.header("x-amz-content-sha256")
    if declared and declared != hashlib.sha256(request.body).hexdigest():
        raise refused(
            "InvalidSignatureException", "The provided 'x-amz-content-sha256' header does not match what was computed."
        )
