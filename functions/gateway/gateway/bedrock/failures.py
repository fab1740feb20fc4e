"""What Bedrock's errors mean: their statuses, and advice for those an operator meets first."""

import orjson

from gateway.errors import GatewayError, UpstreamRefused

# Statuses of botocore's bedrock-runtime model, for exceptions that arrive as frames and so have none on the wire.
STATUS_BY_TYPE = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelStreamErrorException": 424,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 400,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "ValidationException": 400,
}

# What an error is taken for that has a status and no type: some come from a front before Bedrock.
_TYPE_BY_STATUS = {
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}

_OWN_CREDENTIALS = frozenset(
    {
        "ExpiredTokenException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)

_ACCESS_DENIED_ADVICE = (
    " [Sluice: Bedrock refused the function's execution role. What usually causes it: the role may not invoke this "
    "inference profile, or the foundation model in one of the regions it routes to (a profile needs the profile's "
    "ARN and the model's ARN in every destination region); a service control policy denies one of these "
    "regions; the model's agreement has not been accepted (Bedrock console, Model access); or the model is sold "
    "through AWS Marketplace and nobody with aws-marketplace:Subscribe has called it once in this account.]"
)
_OWN_CREDENTIALS_ADVICE = (
    " [Sluice: these are the proxy's own AWS credentials, not your API key. Check the function's execution role, or on "
    "a local machine the AWS credentials it was started with.]"
)

_CONTEXT_OVERFLOW = ("input is too long", "too many input tokens", "prompt is too long", "exceed context limit")


def refused(status: int, errortype: str, message: str, retry_after: str = "") -> UpstreamRefused:
    """Make the error for an answer of Bedrock's that is not 200.

    `errortype` is the header `x-amzn-errortype`, which may go on after `:` or be a shape id before `#`.
    """
    default = "InternalServerException" if status >= 500 else "ValidationException"
    aws_type = bare_type(errortype) or _TYPE_BY_STATUS.get(status, default)
    return UpstreamRefused(status, aws_type, _told(aws_type, message), retry_after)


def refused_in_stream(exception_type: str, message: str) -> UpstreamRefused:
    """Make the error for an exception frame; its type is lowerCamel there (`throttlingException`)."""
    aws_type = exception_type[:1].upper() + exception_type[1:] or "InternalServerException"
    return UpstreamRefused(STATUS_BY_TYPE.get(aws_type, 500), aws_type, _told(aws_type, message))


def message_of(payload: bytes) -> str:
    """Read the text of an exception frame, in whatever form it came."""
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode(errors="replace")
    return str(message.get("message") or message.get("Message") or "") if isinstance(message, dict) else str(message)


def bare_type(errortype: str) -> str:
    """Strip what AWS puts around an error's name: `ns#ThrottlingException:http://…` → `ThrottlingException`."""
    return errortype.partition(":")[0].rpartition("#")[2].strip()


def advice_for(aws_type: str) -> str:
    """What to add to AWS's own text, empty for most types."""
    if aws_type == "AccessDeniedException":
        return _ACCESS_DENIED_ADVICE
    return _OWN_CREDENTIALS_ADVICE if aws_type in _OWN_CREDENTIALS else ""


def is_context_overflow(error: GatewayError) -> bool:
    """Tell whether the conversation is longer than the model takes; models say it in different words."""
    return error.status == 400 and any(words in str(error).lower() for words in _CONTEXT_OVERFLOW)


def cannot_stream(error: GatewayError) -> bool:
    """Tell whether Bedrock says that this model does not stream, or not with tools; nothing was asked of it then."""
    text = str(error).lower()
    return error.aws_type == "ValidationException" and "stream" in text and ("support" in text)


def unmistakable(error: GatewayError) -> str:
    """Return the text, and say that a rate is meant where Bedrock only says "Too many tokens".

    Agents (pi-ai's `isContextOverflow`) take that for a conversation which is too long, and cut it.
    """
    message = str(error)
    is_ambiguous = error.status == 429 and "too many tokens" in message.lower()
    return f"Rate limit reached: {message}" if is_ambiguous else message


def _told(aws_type: str, message: str) -> str:
    """Return the text to show; some fronts before Bedrock send none, and clients take an empty one for no error."""
    return (message or f"Bedrock answered with {aws_type} and said no more.") + advice_for(aws_type)
