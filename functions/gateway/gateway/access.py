"""Who is calling: finds the key in the request and checks it. Denies by default.

Only a secret's SHA-256 is ever compared, an unknown id takes the same path as a known one, and the caller's own AWS
signature is neither believed nor passed on.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sluice.keys import KeyRow, parse_key, secret_matches

from gateway.errors import Unauthenticated
from gateway.messages import Request
from gateway.settings import UrlAuth

if TYPE_CHECKING:
    from sluice.policy import Policy

_KEY_HEADERS = ("x-api-key", "api-key")
_MAX_HEADER = 4_096

_NO_KEY = (
    "No API key was sent. Send it as `Authorization: Bearer slc_…`, `x-api-key` or `api-key`; "
    "AWS SDKs take it from AWS_BEARER_TOKEN_BEDROCK."
)
_SIGNED = (
    "The request carries an AWS signature, which Sluice cannot check, and no API key. Set AWS_BEARER_TOKEN_BEDROCK to "
    "your Sluice key, so that the AWS SDK sends it as a bearer token."
)
_CONFLICT = "The request carries API keys that contradict each other. Send one."
_WRONG = "The API key is not valid. Check that it was copied whole, and that it has not been disabled."
_EXPIRED = "The API key has expired. Ask whoever gave it to you for another."


class Caller(NamedTuple):
    """Who asks: a key's id or an ARN, and what the access table lets him do; None: everything.

    `scope` is what his use is counted under. `deployment` is what all callers together may do.
    """

    name: str
    scope: str = ""
    policy: "Policy | None" = None
    deployment: "Policy | None" = None


class AccessRows(Protocol):
    """What the access table knows of callers. Its methods raise StoreUnavailable where it cannot be asked."""

    def key(self, key_id: str) -> "tuple[KeyRow | None, Policy | None]":
        """Return a key's row and its policy; no row: there is no such key."""
        ...

    def principal(self, arn: str) -> "tuple[str, Policy | None]":
        """Return the ARN that an IAM principal is counted under, and its policy."""
        ...

    @property
    def deployment(self) -> "Policy | None":
        """What all callers together may do, as it was when one of them was last looked up."""
        ...


def authenticate(request: Request, url_auth: UrlAuth, rows: AccessRows, now: float) -> Caller:
    """Return who is calling: a key, or under AWS_IAM the caller's ARN; `now` is epoch seconds.

    Raises:
        Unauthenticated: no key, an invalid one, or several.
        StoreUnavailable: the caller cannot be looked up.
    """
    if url_auth == "AWS_IAM":
        # Lambda itself has checked the caller's signature before it invoked us.
        if request.principal is None:
            raise Unauthenticated("The request was not signed with AWS credentials that may use this URL.")
        counted_as, policy = rows.principal(request.principal)
        return Caller(request.principal, f"PRINCIPAL#{counted_as}", policy, rows.deployment)
    key = parse_key(_presented(request.headers))
    if key is None:
        raise Unauthenticated(_WRONG)
    row, policy = rows.key(key.key_id)
    if not secret_matches(key, row, now) or row is None or row.disabled:
        raise Unauthenticated(_WRONG)
    if row.has_expired(now):
        # Only who holds the key is told.
        raise Unauthenticated(_EXPIRED)
    return Caller(row.key_id, f"KEY#{row.key_id}", policy, rows.deployment)


def _presented(headers: Mapping[str, str]) -> str:
    authorization = headers.get("authorization", "").strip()
    scheme, _, token = authorization.partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    presented = {value for value in (bearer, *(headers.get(name, "").strip() for name in _KEY_HEADERS)) if value}
    if not presented:
        raise Unauthenticated(_SIGNED if scheme.upper().startswith("AWS4-") else _NO_KEY)
    if len(presented) > 1:
        raise Unauthenticated(_CONFLICT)
    (text,) = presented
    return text if len(text) <= _MAX_HEADER else ""
