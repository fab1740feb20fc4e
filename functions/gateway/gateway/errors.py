"""Every way a request can fail, each with the status and the words a client may see.

GatewayError                     status  AWS's name for it
├── InvalidRequest                  400  ValidationException
├── Unauthenticated                 401  UnrecognizedClientException
├── Forbidden                       403  AccessDeniedException
│   ├── ModelForbidden              403  AccessDeniedException
│   └── OperationForbidden          403  AccessDeniedException
├── NotFound                        404  ResourceNotFoundException
│   ├── UnknownRoute                404  UnknownOperationException
│   └── UnknownModel                404  ResourceNotFoundException
├── MethodNotAllowed                405  UnknownOperationException
├── RequestTooLarge                 413  ValidationException
├── RateLimited                     429  ThrottlingException
├── BudgetSpent                     429  ServiceQuotaExceededException
├── UpstreamRefused                  as Bedrock said, with Bedrock's type and text
├── UpstreamUnreachable             503  ServiceUnavailableException
├── UpstreamTimeout                 504  ModelTimeoutException
├── StreamBroken                    502  ModelStreamErrorException
├── DeadlineReached                 504  ModelTimeoutException
├── AnswerAbandoned                 499  ModelStreamErrorException
├── StoreUnavailable                503  ServiceUnavailableException
└── InternalFailure                 500  InternalServerException
"""

from typing import ClassVar


class GatewayError(Exception):
    """Something a client must be told; `str(error)` is safe to show."""

    status: int = 500
    aws_type: str = "InternalServerException"
    # Whether asking again can help. Clients' SDKs retry 408, 409, 429 and 5xx unless told not to.
    retryable: ClassVar[bool] = False
    # Seconds to wait before asking again, for the header of that name; empty: nobody said.
    retry_after: str = ""


class InvalidRequest(GatewayError):
    """The request cannot be understood or carried; `param` names the field, where there is one.

    `code` is the dialect's own word for what is wrong, where its clients act on one.
    """

    status = 400
    aws_type = "ValidationException"

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.code = code


class Unauthenticated(GatewayError):
    """No key, a wrong key, a disabled key, or keys that contradict each other."""

    status = 401
    aws_type = "UnrecognizedClientException"


class Forbidden(GatewayError):
    """The caller is known, and may not do this."""

    status = 403
    aws_type = "AccessDeniedException"


class ModelForbidden(Forbidden):
    """The operator's policy forbids what the model's name leads to."""


class OperationForbidden(Forbidden):
    """The caller's policy does not have the dialect or the operation."""


class NotFound(GatewayError):
    """There is nothing of that name."""

    status = 404
    aws_type = "ResourceNotFoundException"


class UnknownRoute(NotFound):
    """No operation lives at that path."""

    aws_type = "UnknownOperationException"


class UnknownModel(NotFound):
    """No model of that name can be invoked through Bedrock Runtime."""


class MethodNotAllowed(GatewayError):
    """The path exists, but not for that method."""

    status = 405
    aws_type = "UnknownOperationException"


class RequestTooLarge(GatewayError):
    """The body is larger than Bedrock takes."""

    status = 413
    aws_type = "ValidationException"


class RateLimited(GatewayError):
    """The caller, or all callers together, have used what a minute or a moment allows."""

    status = 429
    aws_type = "ThrottlingException"
    retryable = True

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = str(retry_after)


class BudgetSpent(GatewayError):
    """What the request may cost is more than is left of a budget; to ask again is in vain until that begins anew."""

    status = 429
    aws_type = "ServiceQuotaExceededException"


class UpstreamRefused(GatewayError):
    """Bedrock answered with an error, before the stream or inside it: its status, its type, its text.

    `retry_after` is the value of its header `retry-after`; empty: it had none.
    """

    def __init__(self, status: int, aws_type: str, message: str, retry_after: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.aws_type = aws_type
        self.retry_after = retry_after


class UpstreamUnreachable(GatewayError):
    """Bedrock could not be reached, or hung up before it answered."""

    status = 503
    aws_type = "ServiceUnavailableException"
    retryable = True


class UpstreamTimeout(GatewayError):
    """Bedrock was silent for longer than allowed. Not retryable: the work may have been done, and paid."""

    status = 504
    aws_type = "ModelTimeoutException"


class StreamBroken(GatewayError):
    """The stream ended without `messageStop`, or is no valid event stream."""

    status = 502
    aws_type = "ModelStreamErrorException"


class DeadlineReached(GatewayError):
    """The function's time is nearly over; what was streamed so far is all there will be."""

    status = 504
    aws_type = "ModelTimeoutException"


class AnswerAbandoned(GatewayError):
    """Whoever drew the answer closed it before its end. Only the log ever says so; 499 is nginx's number for it."""

    status = 499
    aws_type = "ModelStreamErrorException"


class StoreUnavailable(GatewayError):
    """DynamoDB did not answer, so a key cannot be checked or the catalog not be read."""

    status = 503
    aws_type = "ServiceUnavailableException"
    retryable = True


class InternalFailure(GatewayError):
    """A fault of our own. Its cause is in the log, never in the answer."""


def failure_of(error: Exception) -> GatewayError:
    """Return what is told of an error that nobody foresaw."""
    # Python's words and orjson's for JSON that is too deep for them; only a client's is ever that deep.
    if isinstance(error, RecursionError) or str(error) == "Recursion limit reached":
        return InvalidRequest("The body's JSON is nested too deeply.")
    return InternalFailure("Sluice failed to answer; its log says why.")
