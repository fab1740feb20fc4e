import dataclasses
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from sluice_local.bedrock_runtime.authentication import AccessKey, Credentials, authenticate
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.signature import canonical_request
from sluice_local.http_server import HttpRequest

KEYS = Credentials(
    {"AKIDLONGLIVED": AccessKey("secret/key"), "ASIATEMPORARY": AccessKey("other", "session-token")},
    ("token-1", "token-2"),
)


def signed(
    path="/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
    *,
    body=b'{"messages":[]}',
    access_key="AKIDLONGLIVED",
    secret="secret/key",
    token=None,
    region="us-east-1",
    service="bedrock",
    query="",
    headers=None,
) -> HttpRequest:
    """A request as botocore signs and sends it."""
    url = f"https://127.0.0.1:1234{path}"
    sent = {"Content-Type": "application/json", "X-Amzn-Odd": "  two   spaces ", **(headers or {})}
    request = AWSRequest("POST", url + query, data=body, headers=sent)
    SigV4Auth(BotocoreCredentials(access_key, secret, token), service, region).add_auth(request)
    pairs = [(name.lower(), value) for name, value in request.headers.items()]
    return HttpRequest("POST", path + query, (("host", "127.0.0.1:1234"), *pairs), body, "peer")


def replaced(request: HttpRequest, **headers: str) -> HttpRequest:
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, value) for name, value in request.headers if name not in changed]
    return dataclasses.replace(request, headers=(*kept, *changed.items()))


def check(request: HttpRequest, offset: float = 0.0) -> None:
    authenticate(request, KEYS, ("us-east-1",), datetime.now(UTC).timestamp() + offset)


def refusal(request: HttpRequest, offset: float = 0.0) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        check(request, offset)
    return caught.value


@pytest.mark.parametrize(
    "path",
    [
        "/model/amazon.nova-lite-v1%3A0/converse-stream",
        "/model/amazon.nova-lite-v1:0/converse-stream",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.nova-lite-v1%3A0/invoke",
        "/a%20path/with+plus/~tilde",
        "//double//slashes/",
        "/",
    ],
)
def test_what_botocore_signs_is_verified(path):
    check(signed(path))


def test_a_query_is_signed_too():
    check(signed(query="?b=2&a=1&empty=&c=%2Fx"))
    assert refusal(dataclasses.replace(signed(query="?a=1"), target="/?a=2")).name == "InvalidSignatureException"


def test_a_session_token_belongs_to_its_key():
    check(signed(access_key="ASIATEMPORARY", secret="other", token="session-token"))
    for request in (
        signed(access_key="ASIATEMPORARY", secret="other"),
        signed(access_key="ASIATEMPORARY", secret="other", token="stale"),
        signed(token="none-expected"),
    ):
        assert refusal(request).name == "UnrecognizedClientException"


@pytest.mark.parametrize(
    "altered",
    [
        dataclasses.replace(signed(), method="PUT"),
        dataclasses.replace(signed(), target="/model/other/converse"),
        dataclasses.replace(signed(), body=b"{}"),
        replaced(signed(), x_amzn_odd="another value"),
        signed(secret="wrong"),
        signed(region="eu-west-1"),
        signed(service="lambda"),
    ],
)
def test_an_altered_request_is_refused(altered):
    error = refusal(altered)
    assert (error.name, error.status) == ("InvalidSignatureException", 403)


def test_a_wrong_region_and_a_wrong_service_are_named():
    assert "valid region" in refusal(signed(region="eu-west-1")).message
    assert "correct service: 'bedrock'" in refusal(signed(service="lambda")).message


def test_a_header_of_the_front_that_is_not_signed_is_refused():
    assert "'x-amz-user-agent' must be a 'SignedHeader'" in refusal(replaced(signed(), x_amz_user_agent="x")).message


def test_a_header_that_is_not_signed_may_change():
    check(replaced(signed(), user_agent="changed by a proxy"))


def test_a_declared_body_hash_must_be_the_body_s():
    declared = signed(headers={"X-Amz-Content-SHA256": "0" * 64})
    assert "x-amz-content-sha256" in refusal(declared).message


@pytest.mark.parametrize("offset", [-290, 290])
def test_a_signature_holds_for_five_minutes(offset):
    check(signed(), offset)


@pytest.mark.parametrize(("offset", "words"), [(310, "Signature expired"), (-310, "Signature not yet current")])
def test_a_signature_of_another_time_is_refused(offset, words):
    error = refusal(signed(), offset)
    assert error.name == "InvalidSignatureException"
    assert words in error.message


def test_an_unknown_key_is_an_unrecognized_client():
    error = refusal(signed(access_key="AKIDNOBODY"))
    assert (error.name, error.status) == ("UnrecognizedClientException", 403)
    assert error.message == "The security token included in the request is invalid."


def test_a_request_without_credentials_misses_its_token():
    request = HttpRequest("POST", "/", (("host", "x"),), b"", "peer")
    error = refusal(request)
    assert (error.name, error.status, error.message) == (
        "MissingAuthenticationTokenException",
        403,
        "Missing Authentication Token",
    )


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
        "Basic dXNlcjpwYXNz",
    ],
)
def test_an_authorization_that_cannot_be_read_is_incomplete(authorization):
    error = refusal(replaced(signed(), authorization=authorization))
    assert (error.name, error.status) == ("IncompleteSignatureException", 400)


def test_a_date_that_cannot_be_read_is_incomplete():
    assert refusal(replaced(signed(), x_amz_date="yesterday")).name == "IncompleteSignatureException"


def test_a_date_of_another_day_than_the_scope_is_refused():
    assert "Date in Credential scope" in refusal(replaced(signed(), x_amz_date="20200101T000000Z")).message


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Bearer  "])
@pytest.mark.parametrize("token", ["token-1", "token-2"])
def test_each_configured_bearer_token_opens(scheme, token):
    check(HttpRequest("POST", "/", (("authorization", f"{scheme} {token}"),), b"", "peer"))


@pytest.mark.parametrize("token", ["", "token-3", "token", "tøken"])
def test_another_bearer_token_is_refused_as_the_front_of_bedrock_refuses_it(token):
    error = refusal(HttpRequest("POST", "/", (("authorization", f"Bearer {token}"),), b"", "peer"))
    assert (error.name, error.status) == ("AccessDeniedException", 403)
    assert error.body == {"Message": "Authentication failed: Please make sure your API Key is valid."}


def test_the_canonical_path_is_encoded_twice():
    request = signed("/model/amazon.nova-lite-v1%3A0/converse")
    assert canonical_request(request, ["host"]).splitlines()[1] == "/model/amazon.nova-lite-v1%253A0/converse"
