"""What Bedrock Runtime refuses, as one type: a name, an HTTP status, a message, and how both look on the wire.

ServiceError
 └─ from `refused(name, message)`, whose statuses are the service model's own (`exception_statuses`)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sluice_local.bedrock_runtime.service_model import service_model

# Real Bedrock writes the name followed by this address; SDKs cut at the colon.
_ERROR_TYPE_SUFFIX = ":http://internal.amazon.com/coral/com.amazon.bedrock/"

# Errors of the front that every AWS service has; no service model lists them.
_FRONT_STATUSES = {
    "ExpiredTokenException": 403,
    "IncompleteSignatureException": 400,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "SerializationException": 400,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
}


@dataclass(eq=False)
class ServiceError(Exception):
    """A refusal before the first byte of an answer. (Not frozen: Python writes the traceback into an exception.)

    `members` are further members of the body (`originalStatusCode`, …); `headers` go out besides AWS's own.
    `message_key` is `Message` where the answer comes from AWS's front and not from Bedrock.
    """

    name: str
    status: int
    message: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    message_key: str = "message"

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return {self.message_key: self.message, **self.members}

    @property
    def error_type(self) -> str:
        """The value of `x-amzn-errortype`, address and all."""
        return self.name + _ERROR_TYPE_SUFFIX


def refused(name: str, message: str) -> ServiceError:
    """Return the named error with the status that the service model (or AWS's front) gives it."""
    return ServiceError(name, exception_statuses()[name], message)


def invalid(message: str) -> ServiceError:
    """Return a ValidationException."""
    return refused("ValidationException", message)


@cache
def exception_statuses() -> Mapping[str, int]:
    """Return the HTTP status of every exception by its name (`ThrottlingException`: 429)."""
    modelled = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in service_model().error_shapes}
    return {**_FRONT_STATUSES, **modelled}
