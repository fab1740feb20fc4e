"""AWS Signature Version 4 for header-signed requests, pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
AWS's own `aws-sdk-signers` does the same but imports in 120 ms (docs/decisions/0006); this is the part of it we need.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"


class Credentials(NamedTuple):
    """AWS credentials; `session_token` is empty for those of a user."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""


def signed_headers(
    method: str,
    raw_path: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    *,
    service: str,
    region: str,
    now: float,
) -> dict[str, str]:
    """Return the headers with date, token and `authorization` added.

    `raw_path` is the path as it is sent, encoded once and without a query; every service but S3 wants it encoded once
    more in the signature. `headers` must hold `host`; all given headers are signed. `now` is epoch seconds.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    signed["x-amz-date"] = timestamp
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    in_order = sorted(signed)
    names = ";".join(in_order)
    canonical_request = "\n".join(
        (
            method,
            quote(raw_path, safe="/-_.~"),
            "",
            *(f"{name}:{signed[name]}" for name in in_order),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, timestamp, scope, hashlib.sha256(canonical_request.encode()).hexdigest()))
    key = _signing_key(credentials.secret_access_key, timestamp[:8], region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    authorization = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return {**signed, "authorization": authorization}


@lru_cache(maxsize=8)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
