import orjson
import pytest
from gateway.bedrock.failures import refused
from gateway.dialects.anthropic_messages.errors import error_json, error_reply
from gateway.errors import (
    DeadlineReached,
    InternalFailure,
    InvalidRequest,
    MethodNotAllowed,
    RequestTooLarge,
    StoreUnavailable,
    StreamBroken,
    Unauthenticated,
    UnknownModel,
    UnknownRoute,
    UpstreamTimeout,
    UpstreamUnreachable,
)

AGAIN, NEVER, SDKS_OWN = "again", "never", "the SDK's own rule"


def answered(error):
    response = error_reply(error, "req_1")
    body = orjson.loads(b"".join(response.body))
    assert (body["type"], body["request_id"], response.headers["request-id"]) == ("error", "req_1", "req_1")
    if response.headers.get("x-should-retry") == "false":
        retry = NEVER
    else:
        retry = AGAIN if "retry-after" in response.headers else SDKS_OWN
    return response.status, body["error"]["type"], retry


@pytest.mark.parametrize(
    ("aws_type", "status", "expected"),
    [
        ("ValidationException", 400, (400, "invalid_request_error", SDKS_OWN)),
        ("AccessDeniedException", 403, (403, "permission_error", SDKS_OWN)),
        ("ExpiredTokenException", 403, (403, "permission_error", SDKS_OWN)),
        ("ResourceNotFoundException", 404, (404, "not_found_error", SDKS_OWN)),
        ("ModelTimeoutException", 408, (408, "timeout_error", SDKS_OWN)),
        ("ModelErrorException", 424, (424, "api_error", SDKS_OWN)),
        ("ModelStreamErrorException", 424, (424, "api_error", SDKS_OWN)),
        ("ThrottlingException", 429, (429, "rate_limit_error", AGAIN)),
        ("ModelNotReadyException", 429, (529, "overloaded_error", AGAIN)),
        ("ServiceUnavailableException", 503, (529, "overloaded_error", AGAIN)),
        ("ServiceQuotaExceededException", 400, (429, "rate_limit_error", NEVER)),
        ("InternalServerException", 500, (500, "api_error", SDKS_OWN)),
    ],
)
def test_each_of_bedrocks_errors(aws_type, status, expected):
    assert answered(refused(status, aws_type, "No.")) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidRequest("x", "messages"), (400, "invalid_request_error", SDKS_OWN)),
        (Unauthenticated("x"), (401, "authentication_error", SDKS_OWN)),
        (UnknownModel("x"), (404, "not_found_error", SDKS_OWN)),
        (UnknownRoute("x"), (404, "not_found_error", SDKS_OWN)),
        (MethodNotAllowed("x"), (405, "invalid_request_error", SDKS_OWN)),
        (RequestTooLarge("x"), (413, "request_too_large", NEVER)),
        (UpstreamUnreachable("x"), (503, "api_error", AGAIN)),
        (StoreUnavailable("x"), (503, "api_error", AGAIN)),
        (UpstreamTimeout("x"), (504, "timeout_error", NEVER)),
        (DeadlineReached("x"), (504, "timeout_error", NEVER)),
        (StreamBroken("x"), (502, "api_error", NEVER)),
        (InternalFailure("x"), (500, "api_error", NEVER)),
    ],
)
def test_each_error_of_our_own(error, expected):
    assert answered(error) == expected


def message(error):
    return orjson.loads(b"".join(error_reply(error, "r").body))["error"]["message"]


@pytest.mark.parametrize(
    "words", ["Input is too long for requested model.", "Too many input tokens", "prompt is too long: 9"]
)
def test_a_conversation_that_is_too_long_is_told_in_the_words_claude_code_knows(words):
    assert message(refused(400, "ValidationException", words)).startswith("prompt is too long")
    assert words in message(refused(400, "ValidationException", words))


def test_a_rate_is_never_taken_for_a_conversation_that_is_too_long():
    told = message(refused(429, "ThrottlingException", "Too many tokens, please wait before trying again."))
    assert told.startswith("Rate limit")
    assert "prompt is too long" not in told


def test_bedrocks_own_delay_is_passed_on():
    error = refused(429, "ThrottlingException", "Slow down.", "7")
    assert error_reply(error, "r").headers["retry-after"] == "7"


def test_a_refusal_with_a_code_tells_it_where_the_sdks_look():
    body = error_json(InvalidRequest("No threads.", "thread", "thread_unsupported_request"), "req_1")
    told = {"type": "invalid_request_error", "message": "No threads."}
    assert body["error"] == {**told, "details": {"error_code": "thread_unsupported_request"}}
    assert error_json(InvalidRequest("No."), "req_1")["error"] == {**told, "message": "No."}
