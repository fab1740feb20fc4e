"""What goes wrong, and how a client must see it."""

from dataclasses import dataclass

from integration.clients.outcome import Failure


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong upstream.

    scenario: the emulator's name for it. aws_type and status: the exception that Bedrock, or Sluice, tells of it with.
    words: what a person must be able to read. aws_status: the status in the native dialect, where it is another one.
    """

    scenario: str
    aws_type: str
    status: int
    words: str
    aws_status: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The failure a client must show. Of `status` and `code`, None is for what its SDK does not tell."""

    kind: str
    words: str
    status: int | None = None
    code: str | None = None

    def is_met_by(self, failure: Failure | None) -> bool:
        """Tell whether a failure is the expected one."""
        return (
            failure is not None
            and failure.kind == self.kind
            and failure.status == self.status
            and self.code in (None, failure.code)
            and self.words in failure.message
        )


# OpenAI's classes for a status, and its codes for what Bedrock says.
_OPENAI_CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitError",
}
_OPENAI_CODES = {"ThrottlingException": "rate_limit_exceeded", "ResourceNotFoundException": "model_not_found"}


def aws_refusal(fault: Fault) -> Expectation:
    """Return what the AWS SDKs raise where a request is refused: the exception's own class."""
    return Expectation(fault.aws_type, fault.words, fault.aws_status or fault.status)


def openai_refusal(fault: Fault) -> Expectation:
    """Return what the OpenAI SDKs raise where a request is refused."""
    kind = _OPENAI_CLASSES.get(fault.status, "InternalServerError")
    return Expectation(kind, fault.words, fault.status, _OPENAI_CODES.get(fault.aws_type))


def openai_breakage(fault: Fault) -> Expectation:
    """Return what the OpenAI SDKs raise where a stream breaks."""
    return Expectation("APIError", fault.words, code=_OPENAI_CODES.get(fault.aws_type))


_INTERNAL = "The system encountered an unexpected error"
_UNAVAILABLE = "Bedrock is unable to process your request."
_NO_ACCESS = (
    "You don't have access to the model with the specified model ID. "
    "[Sluice: Bedrock refused the function's execution role. What usually causes it: "
)
_EXPIRED = (
    "The security token included in the request is expired "
    "[Sluice: these are the proxy's own AWS credentials, not your API key."
)
_HUNG_UP = "Bedrock Runtime hung up without an answer"
_BROKE = "The connection to Bedrock broke"
_INCOMPLETE = "; the answer is incomplete"

REFUSALS = (
    Fault("throttled", "ThrottlingException", 429, "Too many requests, please wait before trying again."),
    Fault("validation", "ValidationException", 400, "The provided request is not valid."),
    Fault("too-long", "ValidationException", 400, "Input is too long for requested model."),
    Fault("invalid-model", "ValidationException", 400, "The provided model identifier is invalid."),
    Fault("access-denied", "AccessDeniedException", 403, _NO_ACCESS),
    Fault("not-found", "ResourceNotFoundException", 404, "The specified resource ARN was not found."),
    Fault("internal", "InternalServerException", 500, _INTERNAL),
    Fault("unavailable", "ServiceUnavailableException", 503, _UNAVAILABLE),
    Fault("expired-token", "ExpiredTokenException", 403, _EXPIRED),
    Fault("reset-before-headers", "ServiceUnavailableException", 503, _HUNG_UP),
)

BREAKS = (
    Fault("midstream-model-stream-error", "ModelStreamErrorException", 424, "The model stream ended with an error."),
    Fault("midstream-throttling", "ThrottlingException", 429, "Too many tokens, please wait before trying again."),
    Fault("midstream-internal-server", "InternalServerException", 500, _INTERNAL),
    Fault("midstream-service-unavailable", "ServiceUnavailableException", 503, _UNAVAILABLE),
    Fault("midstream-validation", "ValidationException", 400, "The model produced invalid output."),
    Fault("cut-before-stop", "ModelStreamErrorException", 502, _INCOMPLETE),
    Fault("cut-midframe", "ModelStreamErrorException", 502, _INCOMPLETE),
    Fault("reset", "ModelStreamErrorException", 502, _BROKE),
    Fault("reset-midframe", "ModelStreamErrorException", 502, _BROKE),
    Fault("bad-message-crc", "ModelStreamErrorException", 502, "a frame does not match its checksum"),
    Fault("bad-prelude-crc", "ModelStreamErrorException", 502, "a frame's prelude does not match its checksum"),
    Fault("garbage", "ModelStreamErrorException", 502, _INCOMPLETE),
)
