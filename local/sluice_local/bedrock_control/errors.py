"""Bedrock's refusals, as its control plane words them on the wire.

    ControlPlaneError
    ├── AccessDeniedError          403
    ├── InvalidSignatureError      403
    ├── ResourceNotFoundError      404
    ├── UnrecognizedClientError    403
    └── ValidationError            400

The body is `{"message": …}`; the type is in `x-amzn-errortype`, with a suffix after a colon that clients drop.
"""

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from werkzeug.exceptions import HTTPException

_NAMESPACE = "http://internal.amazon.com/coral/com.amazon.bedrock/"


class ControlPlaneError(JsonRESTError):
    """A refusal, with the name that Bedrock gives it."""

    error_name: str
    code = 400

    def __init__(self, message: str) -> None:
        super().__init__(self.error_name, message)
        self.description = json.dumps({"message": message})

    def get_headers(self, *_args: Any, **_kwargs: Any) -> list[tuple[str, str]]:
        """Return what moto sends beside the body."""
        return [("x-amzn-errortype", f"{self.error_name}:{_NAMESPACE}"), ("content-type", self.content_type)]


class AccessDeniedError(ControlPlaneError):
    """The caller's policies do not allow the action."""

    error_name = "AccessDeniedException"
    code = 403


class InvalidSignatureError(ControlPlaneError):
    """The request was not signed with the secret of its access key."""

    error_name = "InvalidSignatureException"
    code = 403


class ResourceNotFoundError(ControlPlaneError):
    """No such model or profile in this region."""

    error_name = "ResourceNotFoundException"
    code = 404


class UnrecognizedClientError(ControlPlaneError):
    """Nobody has this access key."""

    error_name = "UnrecognizedClientException"
    code = 403


class ValidationError(ControlPlaneError):
    """A parameter that the service model forbids."""

    error_name = "ValidationException"


# moto's names for a refused caller, which it takes from the query protocol, and those of JSON services.
_REFUSED_CALLERS: dict[str, type[ControlPlaneError]] = {
    "AccessDenied": AccessDeniedError,
    "InvalidClientTokenId": UnrecognizedClientError,
    "SignatureDoesNotMatch": InvalidSignatureError,
}


def refused_caller(refusal: HTTPException) -> ControlPlaneError:
    """Translate what moto's IAM raises, which carries an XML body, to this service's contract."""
    error = _REFUSED_CALLERS[getattr(refusal, "error_type", "AccessDenied")]
    return error(getattr(refusal, "message", str(refusal)))
