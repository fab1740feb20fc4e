"""Library scenarios in which Bedrock refuses before the first byte: every exception of the model, with AWS's words."""

from collections.abc import Callable, Mapping
from copy import replace
from functools import partial
from typing import Any

from sluice_local.bedrock_runtime.errors import ServiceError, refused
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario

# Names a client is likely to try, with the texts that AWS sends.
_MESSAGES: Mapping[str, tuple[str, str]] = {
    "throttled": ("ThrottlingException", "Too many requests, please wait before trying again."),
    "throttled-tokens": ("ThrottlingException", "Too many tokens, please wait before trying again."),
    "throttled-daily": ("ThrottlingException", "Too many tokens per day, please wait before trying again."),
    "access-denied": (
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
    ),
    "not-authorized": (
        "AccessDeniedException",
        (
            "User: arn:aws:sts::111122223333:assumed-role/gateway/session is not authorized to perform: "
            "bedrock:InvokeModelWithResponseStream on resource: "
            "arn:aws:bedrock:us-east-1::foundation-model/emulator.not-authorized because no identity-based policy "
            "allows the bedrock:InvokeModelWithResponseStream action"
        ),
    ),
    "validation": ("ValidationException", "The provided request is not valid."),
    "too-long": ("ValidationException", "Input is too long for requested model."),
    "invalid-model": ("ValidationException", "The provided model identifier is invalid."),
    "on-demand-unsupported": (
        "ValidationException",
        (
            "Invocation of model ID emulator.on-demand-unsupported with on-demand throughput isn\u2019t supported. "
            "Retry your request with the ID or ARN of an inference profile that contains this model."
        ),
    ),
    "not-found": ("ResourceNotFoundException", "The specified resource ARN was not found."),
    "end-of-life": (
        "ResourceNotFoundException",
        "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    ),
    "model-timeout": ("ModelTimeoutException", "The model timed out while processing the request."),
    "model-error": ("ModelErrorException", "The model returned an error while processing the request."),
    "model-stream-error": ("ModelStreamErrorException", "The model stream ended with an error."),
    "model-not-ready": ("ModelNotReadyException", "Model is not ready for inference. Try again."),
    "quota-exceeded": ("ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
    "internal": (
        "InternalServerException",
        "The system encountered an unexpected error during processing. Try your request again.",
    ),
    "unavailable": ("ServiceUnavailableException", "Bedrock is unable to process your request."),
    "conflict": ("ConflictException", "The request conflicts with the state of a resource."),
    "throttled-retry-after": ("ThrottlingException", "Too many requests, please wait before trying again."),
    "expired-token": ("ExpiredTokenException", "The security token included in the request is expired"),
}


_MEMBERS: Mapping[str, Mapping[str, Any]] = {"model-error": {"originalStatusCode": 500}}
_HEADERS: Mapping[str, Mapping[str, str]] = {"throttled-retry-after": {"retry-after": "7"}}


def _refusal(name: str) -> ServiceError:
    plain = refused(*_MESSAGES[name])
    return replace(plain, members=_MEMBERS.get(name, {}), headers=_HEADERS.get(name, {}))


def _scenario(name: str) -> Scenario:
    return Scenario(name, refusal=_refusal(name))


REFUSALS: Mapping[str, Callable[[], Scenario]] = {name: partial(_scenario, name) for name in _MESSAGES}
