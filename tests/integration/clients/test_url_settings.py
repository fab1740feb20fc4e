"""What an operator may set about the URL: a path prefix, origins of browser pages, and AWS_IAM in place of keys."""

import json
from collections.abc import Iterator, Mapping
from copy import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from integration.clients.clients import NATIVE, Client, Clients
from integration.clients.outcome import Target, target_of
from integration.clients.raw import request
from integration.clients.scenarios import MODEL, PLAIN, TEXT
from integration.deployment import Deployment
from sluice_local.lambda_service import IamPrincipal, UrlSettings

PAGE = "https://chat.example.com"
CALLER = IamPrincipal("secret-of-the-caller", "arn:aws:iam::123456789012:user/caller")
CALLER_KEY_ID = "AKIACALLER0000000000"
COMPLETION = {"model": "emulator.text", "messages": [{"role": "user", "content": "Hello!"}]}


@pytest.fixture(scope="module")
def prefixed(deployment: Deployment) -> Iterator[Target]:
    """A gateway that serves below a path."""
    with deployment.gateway(SLUICE_PATH_PREFIX="/llm/sluice") as gateway:
        yield target_of(gateway, deployment.api_key, prefix="/llm/sluice")


def test_a_base_url_may_have_the_prefix(client: Client, prefixed: Target, deployment: Deployment) -> None:
    deployment.upstream.script(PLAIN, model=MODEL)
    outcome = client.ask(prefixed, MODEL)
    assert (outcome.failure, outcome.text) == (None, TEXT)
    assert [sent.target for sent in deployment.upstream.requests] == ["/model/amazon.nova-lite-v1%3A0/converse-stream"]


@pytest.mark.parametrize("path", ["/v1/models", "/llm/sluice/llm/sluice/v1/models", "/llm/sluicev1/models"])
def test_nothing_is_served_beside_the_prefix(path: str, prefixed: Target) -> None:
    reply = request(prefixed.url.removesuffix("/llm/sluice"), "GET", path, _bearer(prefixed))
    assert reply.status == 404


@pytest.fixture(scope="module")
def for_browsers(deployment: Deployment) -> Iterator[Target]:
    """A gateway that pages of one origin may ask."""
    with deployment.gateway(SLUICE_CORS_ALLOW_ORIGINS=PAGE) as gateway:
        yield target_of(gateway, deployment.api_key)


def test_a_page_of_an_allowed_origin_may_ask(for_browsers: Target) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    preflight = request(for_browsers.url, "OPTIONS", "/v1/chat/completions", {"origin": PAGE, **asked})
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == PAGE
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    reply = request(
        for_browsers.url, "POST", "/v1/chat/completions", {"origin": PAGE, **_bearer(for_browsers)}, COMPLETION
    )
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, PAGE)
    assert TEXT in reply.text


def test_a_page_that_is_refused_can_read_why(for_browsers: Target) -> None:
    reply = request(for_browsers.url, "POST", "/v1/chat/completions", {"origin": PAGE}, COMPLETION)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (401, PAGE)


def test_a_page_of_another_origin_may_not(for_browsers: Target) -> None:
    asked = {"origin": "https://elsewhere.example.com", "access-control-request-method": "POST"}
    reply = request(for_browsers.url, "OPTIONS", "/v1/chat/completions", asked)
    assert _cors(reply.headers) == {}


def test_without_the_setting_no_page_may_ask(target: Target) -> None:
    asked = {"origin": PAGE, "access-control-request-method": "POST"}
    assert _cors(request(target.url, "OPTIONS", "/v1/chat/completions", asked).headers) == {}
    assert _cors(request(target.url, "GET", "/v1/models", {"origin": PAGE, **_bearer(target)}).headers) == {}


@pytest.fixture(scope="module")
def for_iam(deployment: Deployment) -> Iterator[Target]:
    """A gateway whose URL has AuthType AWS_IAM."""
    with deployment.gateway(UrlSettings(principals={CALLER_KEY_ID: CALLER}), SLUICE_URL_AUTH="AWS_IAM") as gateway:
        yield target_of(gateway, deployment.api_key)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/model/emulator.text/converse"])
def test_under_iam_a_signed_request_needs_no_key(path: str, for_iam: Target) -> None:
    content = "Hello!" if path.startswith("/v1/") else [{"text": "Hello!"}]
    body = json.dumps({**COMPLETION, "messages": [{"role": "user", "content": content}]}).encode()
    if not path.startswith("/v1/"):
        body = json.dumps({"messages": [{"role": "user", "content": content}]}).encode()
    reply = request(for_iam.url, "POST", path, _signed(for_iam.url + path, body, "lambda"), body)
    assert reply.status == 200
    assert TEXT in reply.text


def test_under_iam_a_key_alone_opens_nothing(for_iam: Target, deployment: Deployment) -> None:
    reply = request(for_iam.url, "POST", "/v1/chat/completions", _bearer(for_iam), COMPLETION)
    assert (reply.status, reply.json) == (403, {"Message": "Forbidden"})
    assert deployment.upstream.requests == []


def test_under_iam_a_signature_for_bedrock_opens_nothing(for_iam: Target, deployment: Deployment) -> None:
    body = json.dumps(COMPLETION).encode()
    path = "/v1/chat/completions"
    reply = request(for_iam.url, "POST", path, _signed(for_iam.url + path, body, "bedrock"), body)
    assert reply.status == 403
    assert deployment.upstream.requests == []


@pytest.mark.parametrize("name", NATIVE)
def test_under_iam_the_aws_sdks_are_refused_since_they_sign_for_bedrock(
    name: str, clients: Clients, for_iam: Target, deployment: Deployment
) -> None:
    outcome = clients[name].ask(replace(for_iam, key=""), MODEL)
    assert outcome.failure
    assert "Forbidden" in outcome.failure.message
    assert deployment.calls(MODEL) == 0


def _bearer(target: Target) -> dict[str, str]:
    return {"authorization": f"Bearer {target.key}"}


def _signed(url: str, body: bytes, service: str) -> dict[str, str]:
    to_sign = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    SigV4Auth(Credentials(CALLER_KEY_ID, CALLER.secret_access_key), service, "us-east-1").add_auth(to_sign)
    return dict(to_sign.headers)


def _cors(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.startswith("access-control-")}
