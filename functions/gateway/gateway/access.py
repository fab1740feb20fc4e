"""Who is calling: finds the key in the request and checks it. Denies by default.

Only a secret's SHA-256 is ever compared, an unknown id takes the same path as a known one, and the caller's own AWS
signature is neither believed nor passed on.
"""

from collections.abc import Callable, Mapping

from sluice.keys import KeyRow, parse_key, secret_matches

from gateway.errors import Unauthenticated
from gateway.messages import Request
from gateway.settings import UrlAuth

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


def authenticate(request: Request, url_auth: UrlAuth, find_key: Callable[[str], KeyRow | None]) -> str:
    """Return who is calling: a key's id, or under AWS_IAM the caller's ARN.

    Raises:
        Unauthenticated: no key, an invalid one, or several.
        StoreUnavailable: the key cannot be looked up.
    """
    if url_auth == "AWS_IAM":
        # Lambda itself has checked the caller's signature before it invoked us.
        if request.principal is None:
            raise Unauthenticated("The request was not signed with AWS credentials that may use this URL.")
        return request.principal
    key = parse_key(_presented(request.headers))
    if key is None:
        raise Unauthenticated(_WRONG)
    row = find_key(key.key_id)
    if not secret_matches(key, row) or row is None or row.disabled:
        raise Unauthenticated(_WRONG)
    return row.key_id


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
