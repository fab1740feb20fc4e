import pytest
from gateway.bedrock.failures import STATUS_BY_TYPE, message_of, refused, refused_in_stream
from gateway.bedrock.mantle import explained
from gateway.errors import UnknownModel
from sluice_local.bedrock_runtime.errors import exception_statuses

INVALID = "The provided model identifier is invalid."
MANTLE = "openai.gpt-oss-120b"


def test_the_statuses_are_those_of_botocores_model():
    known = exception_statuses()
    assert {name: known[name] for name in STATUS_BY_TYPE} == STATUS_BY_TYPE


@pytest.mark.parametrize(
    ("errortype", "aws_type"),
    [
        ("ThrottlingException", "ThrottlingException"),
        ("ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/", "ThrottlingException"),
        ("com.amazon.bedrock#ThrottlingException", "ThrottlingException"),
        (" ThrottlingException ", "ThrottlingException"),
    ],
)
def test_a_type_is_told_without_what_aws_puts_around_it(errortype, aws_type):
    assert refused(429, errortype, "Wait.").aws_type == aws_type


@pytest.mark.parametrize(
    ("status", "aws_type"),
    [
        (400, "ValidationException"),
        (401, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (413, "ValidationException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (502, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_an_error_without_a_type_is_taken_for_the_usual_one_of_its_status(status, aws_type):
    assert refused(status, "", "x").aws_type == aws_type


def test_a_refusal_keeps_status_text_and_how_long_to_wait():
    error = refused(429, "ThrottlingException", "Too many requests, please wait.", "7")
    assert (error.status, str(error), error.retry_after) == (429, "Too many requests, please wait.", "7")


def test_an_error_without_words_gets_some():
    told = "Bedrock answered with ServiceUnavailableException and said no more."
    assert str(refused(503, "", "")) == told
    assert str(refused_in_stream("serviceUnavailableException", "")) == told


def test_access_denied_keeps_awss_text_and_says_what_usually_causes_it():
    text = "You don't have access to the model with the specified model ID."
    told = str(refused(403, "AccessDeniedException", text))
    assert told.startswith(text + " [Sluice: ")
    for cause in ("inference profile", "destination region", "agreement", "aws-marketplace:Subscribe"):
        assert cause in told


@pytest.mark.parametrize("aws_type", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_refused_credentials_are_said_to_be_the_proxys_own(aws_type):
    assert "the proxy's own AWS credentials, not your API key" in str(refused(403, aws_type, "Expired."))


@pytest.mark.parametrize(
    ("name", "status", "aws_type"),
    [
        ("throttlingException", 429, "ThrottlingException"),
        ("modelTimeoutException", 408, "ModelTimeoutException"),
        ("quantumDecoherenceException", 500, "QuantumDecoherenceException"),
        ("", 500, "InternalServerException"),
    ],
)
def test_an_exception_in_a_stream_gets_the_status_it_would_have_had(name, status, aws_type):
    error = refused_in_stream(name, "x")
    assert (error.status, error.aws_type) == (status, aws_type)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"message":"a"}', "a"),
        (b'{"Message":"a"}', "a"),
        (b'{"message":null,"Message":"a"}', "a"),
        (b"{}", ""),
        (b'"a"', "a"),
        (b"a", "a"),
        (b"", ""),
        (b"\xffa", "\ufffda"),
    ],
)
def test_an_errors_text_is_read_in_whatever_form_it_comes(payload, message):
    assert message_of(payload) == message


def test_a_model_only_mantle_serves_is_not_found_and_the_answer_says_so():
    error = explained(refused(400, "ValidationException", INVALID), MANTLE)
    assert isinstance(error, UnknownModel)
    assert (error.status, error.aws_type) == (404, "ResourceNotFoundException")
    assert str(error).startswith(f"{MANTLE} is served only by the bedrock-mantle endpoint")
    assert INVALID in str(error)


@pytest.mark.parametrize(
    ("error", "model_id"),
    [
        (refused(400, "ValidationException", INVALID), "openai.gpt-oss-120b-1:0"),
        (refused(400, "ValidationException", "maxTokens is too large"), MANTLE),
        (refused(429, "ThrottlingException", INVALID), MANTLE),
    ],
)
def test_any_other_refusal_stays_as_it_is(error, model_id):
    assert explained(error, model_id) is error
