"""Signature Version 4, recomputed from what arrived on the wire as AWS recomputes it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from sluice_local.bedrock_runtime.errors import refused
from sluice_local.http_server import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
_FIELD = re.compile(r"\s*(Credential|SignedHeaders|Signature)=([^,\s]*)\s*")


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of a SigV4 `authorization` header."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope, which is also signed."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def parse_authorization(value: str) -> Authorization:
    """Read an `authorization` header that begins with the algorithm. Raises IncompleteSignatureException."""
    fields = {match[1]: match[2] for match in _FIELD.finditer(value.removeprefix(ALGORITHM))}
    for name in ("Credential", "Signature", "SignedHeaders"):
        if not fields.get(name):
            raise refused(
                "IncompleteSignatureException",
                f"Authorization header requires '{name}' parameter. Authorization={value.partition('Signature=')[0]}",
            )
    parts = fields["Credential"].rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise refused(
            "IncompleteSignatureException", f"Credential must have exactly 5 elements: {fields['Credential']}"
        )
    key_id, date, region, service, _ = parts
    signed = tuple(fields["SignedHeaders"].split(";"))
    return Authorization(key_id, date, region, service, signed, fields["Signature"])


def signature_matches(request: HttpRequest, authorization: Authorization, timestamp: str, secret_key: str) -> bool:
    """Tell whether the signature is the one that the request, its body and the secret give."""
    canonical = canonical_request(request, authorization.signed_headers)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join([ALGORITHM, timestamp, authorization.scope, digest])
    key = signing_key(secret_key, authorization.date, authorization.region, authorization.service)
    expected = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, authorization.signature)


def canonical_request(request: HttpRequest, signed_headers: Sequence[str]) -> str:
    """Return the canonical request. The path is encoded once more than on the wire, as for every service but S3."""
    path, _, query = request.target.partition("?")
    return "\n".join(
        [
            request.method,
            quote(_normalised(path), safe="/-_.~"),
            _canonical_query(query),
            *(f"{name}:{_canonical_value(request.headers, name)}" for name in signed_headers),
            "",
            ";".join(signed_headers),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def signing_key(secret_key: str, date: str, region: str, service: str) -> bytes:
    """Return the key of one day, region and service."""
    key = ("AWS4" + secret_key).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _normalised(path: str) -> str:
    """Resolve `.` and `..` and drop doubled slashes, keeping the one at the end."""
    resolved = "/" + posixpath.normpath(path).lstrip("/")
    return resolved + "/" if path.endswith("/") and resolved != "/" else resolved


def _canonical_query(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = [(quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _canonical_value(headers: Iterable[tuple[str, str]], name: str) -> str:
    return ",".join(" ".join(value.split()) for known, value in headers if known == name)
