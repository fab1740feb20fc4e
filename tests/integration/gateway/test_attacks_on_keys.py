"""What got through elsewhere does not get through here (docs/security.md names where): against the running gateway."""

import json
import socket
from collections.abc import Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.asking import NATIVE_HELLO, NOVA, PATHS, logged
from integration.gateway.events import ask_by_event, event
from sluice.access_items import SECRET_KEY
from sluice.keys import KeyRow, new_key, to_item
from sluice_local.lambda_service import RunningFunctionUrl

PATH = f"/model/{NOVA}/converse"
BODY = {"messages": NATIVE_HELLO}
# Headers whose value is all that matters to who asks for a key.
HEADERS = ("authorization", "x-api-key", "api-key")


class Asker:
    """Asks a gateway by events, with whatever headers."""

    def __init__(self, deployment: Deployment, gateway: RunningFunctionUrl) -> None:
        self.deployment = deployment
        self.gateway = gateway
        self.key = deployment.make_key()
        _, self.key_id, self.secret = self.key.split("_")

    def __call__(self, headers: Mapping[str, str], method: str = "POST", path: str = PATH) -> Reply:
        return ask_by_event(self.gateway, event(method, path, headers, BODY))

    def is_refused(self, headers: Mapping[str, str], method: str = "POST", path: str = PATH) -> bool:
        answer = self(headers, method, path)
        assert self.deployment.upstream.requests == []
        assert self.secret not in answer.text
        return answer.status in (400, 401, 404, 405)


@pytest.fixture
def ask(deployment: Deployment, gateway: RunningFunctionUrl) -> Asker:
    return Asker(deployment, gateway)


def test_the_key_opens(ask: Asker) -> None:
    assert ask({"authorization": f"Bearer {ask.key}"}).status == 200


def test_what_is_looked_up_is_the_id_and_what_is_compared_is_the_hash(ask: Asker, deployment: Deployment) -> None:
    """LiteLLM's CVE-2026-42208: the text of a token that did not look like one reached the database."""
    text, presented = new_key(b"")
    item = json.dumps(to_item_of(presented))
    assert text.split("_")[2] not in item
    assert presented.secret_sha256 in item
    # The hash itself opens nothing, in the secret's place or in the key's.
    for forged in (
        f"slc_{ask.key_id}_{presented.secret_sha256}",
        presented.secret_sha256,
        f"slc_{ask.key_id}_{'a' * 52}",
    ):
        assert ask.is_refused({"x-api-key": forged})


def to_item_of(presented: Any) -> dict[str, Any]:
    return to_item(KeyRow(presented.key_id, presented.secret_sha256, "test", 1))


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    "token",
    [
        "'",
        '"',
        "' OR '1'='1",
        "' UNION SELECT token FROM keys --",
        '" OR ""="',
        '{"$ne": null}',
        '{"S": "KEY"}',
        "{{7*7}}",
        "${jndi:ldap://127.0.0.1/x}",
        "*",
        "KEY#*",
        "slc_",
        "slc__",
        "slc_*_*",
        "sk-1234",
        "sk-ant-api03-xxx",
        "Bearer Bearer",
        "null",
        "undefined",
        "../../etc/passwd",
        "%00",
        "\x00",
        "\r\nx-api-key: x",
    ],
)
def test_a_token_of_another_form_is_refused_before_it_is_looked_up(ask: Asker, header: str, token: str) -> None:
    """Quotes, other prefixes, templates, patterns: no caller's text goes into a query, a log or a template."""
    assert ask.is_refused({header: f"Bearer {token}" if header == "authorization" else token})


MANGLINGS = {
    "quoted": '"{}"',
    "single_quoted": "'{}'",
    "nul_at_the_end": "{}\x00",
    "nul_inside": "{0:.30}\x00{0:.40}",
    "upper_case": "{upper}",
    "capitalised": "{capital}",
    "full_width_underscore": "{wide}",
    "arabic_digits": "{digits}",
    "combining": "{}\u0301",
    "right_to_left": "\u202e{}",
    "no_break_space": "{}\u00a0x",
    "percent_encoded": "{percent}",
    "twice_with_a_comma": "{0}, {0}",
    "twice_with_a_blank": "{0} {0}",
    "with_a_parameter": "{};q=1",
    "cut_by_one": "{cut}",
    "longer_by_one": "{}a",
    "one_megabyte_longer": "{}" + "a" * 1_000_000,
    "one_megabyte_before": "a" * 1_000_000 + "{}",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("mangled", MANGLINGS.values(), ids=MANGLINGS)
def test_a_key_that_is_not_exactly_itself_is_refused(ask: Asker, header: str, mangled: str) -> None:
    key = ask.key
    text = mangled.format(
        key,
        upper=key.upper(),
        capital=key.capitalize(),
        wide=key.replace("_", "\uff3f"),
        digits=key.translate({ord(digit): 0x0660 + int(digit) for digit in "234567"} | {ord("a"): "\u0430"}),
        percent=key.replace("_", "%5F"),
        cut=key[:-1],
    )
    assert ask.is_refused({header: f"Bearer {text}" if header == "authorization" else text})


@pytest.mark.parametrize(
    "value",
    ["Bearer\t{}", "Bearer\u00a0{}", "Bearer:{}", "Bearer,{}", "Bearer", "{}", "Basic {}", "Token {}", "AWS4 {}"],
)
def test_only_the_scheme_bearer_and_a_blank_stand_before_a_key(ask: Asker, value: str) -> None:
    assert ask.is_refused({"authorization": value.format(ask.key)})


@pytest.mark.parametrize(
    "value", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", "Bearer \t{}\t", " Bearer {} "]
)
def test_the_scheme_is_read_as_http_says(ask: Asker, value: str) -> None:
    assert ask({"authorization": value.format(ask.key)}).status == 200


@pytest.mark.parametrize("name", ["X-Api-Key", "X-API-KEY", "API-KEY", "Authorization", "AUTHORIZATION"])
def test_a_headers_name_may_have_any_case(ask: Asker, name: str) -> None:
    assert ask({name: f"Bearer {ask.key}" if "auth" in name.lower() else ask.key}).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {}", "x-api-key": "{other}"},
        {"authorization": "Bearer {other}", "x-api-key": "{}"},
        {"x-api-key": "{}", "api-key": "wrong"},
        {"authorization": "Bearer {}, Bearer {}"},
        {"x-api-key": "{},{}"},
        {"x-api-key": "{other},{}"},
    ],
)
def test_credentials_that_contradict_each_other_are_refused(ask: Asker, deployment: Deployment, headers: Any) -> None:
    """A header that came twice arrives joined by a comma."""
    other = deployment.make_key()
    assert ask.is_refused({name: value.format(ask.key, ask.key, other=other) for name, value in headers.items()})


@pytest.mark.parametrize(
    "place",
    [
        {"path": PATH + "?api_key={}"},
        {"path": PATH + "?key={}&x-api-key={}&authorization=Bearer%20{}"},
        {"path": "/{}" + PATH},
        {"headers": {"cookie": "api_key={}; authorization=Bearer {}"}},
        {"headers": {"proxy-authorization": "Bearer {}"}},
        {"headers": {"x-goog-api-key": "{}", "x-auth-token": "{}", "x-access-token": "{}"}},
        {"headers": {"x-amz-security-token": "{}"}},
        {"headers": {"x-amzn-bedrock-authorization": "Bearer {}"}},
        {"headers": {"x_api_key": "{}", "x-api-key ": "{}", "x-api-key\t": "{}"}},
        {"headers": {"sec-websocket-protocol": "{}"}},
    ],
    ids=range(10),
)
def test_a_key_anywhere_else_opens_nothing_and_is_not_logged(ask: Asker, place: Any) -> None:
    path = place.get("path", PATH).replace("{}", ask.key)
    headers = {name: value.replace("{}", ask.key) for name, value in place.get("headers", {}).items()}
    assert ask.is_refused(headers, path=path)
    assert ask.secret not in "".join(ask.gateway.logs)


@pytest.mark.parametrize(
    "host",
    [
        "x/?",
        "x/health?",
        "/health",
        "127.0.0.1/health#",
        "health",
        "x/?/../health",
        "localhost@127.0.0.1",
        "a,b",
        "\x00",
        "",
    ],
)
@pytest.mark.parametrize("name", ["host", "x-forwarded-host", "x-original-url", "x-rewrite-url", "forwarded"])
def test_no_header_makes_a_path_public(ask: Asker, name: str, host: str) -> None:
    """LiteLLM's CVE-2026-49468: the Host header took part in deciding which routes need no key."""
    assert ask.is_refused({name: host})


@pytest.mark.parametrize(
    "path",
    [
        "/health/../v1/models",
        "/health/..%2fv1/models",
        "/health%2f..%2fv1%2fmodels",
        "/health;/v1/models",
        "/v1/models;/health",
        "/v1/models/..;/health",
        "/v1/models?/health",
        "/v1/models#/health",
        "/v1/models%23/health",
        "/v1/models%3f/health",
        "/v1/models%00/health",
        "/v1/models/%2e%2e/%2e%2e/health",
        "/v1/models/%252e%252e%252fhealth",
        "/v1/models\\..\\health",
        "//health",
        "/health/",
        "/HEALTH",
        "/health%20",
        "/he\u0430lth",
        "/health\n",
        "/./health",
        "health",
        "",
        "http://127.0.0.1/health",
        "/v1//models",
        "//v1/models",
        "/v1/models/",
        "/v1/MODELS",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "get", "TRACE", "CONNECT", "DELETE", "\x00"])
def test_no_spelling_of_a_path_or_method_is_public(ask: Asker, method: str, path: str) -> None:
    if (method, path) in {("GET", "/v1/models?/health"), ("HEAD", "/v1/models?/health")}:
        assert ask({}, method, path).status == 401
    else:
        assert ask.is_refused({}, method, path)


@pytest.mark.parametrize(
    "segment",
    [
        "%2f..%2f",
        "..%2f",
        "%252f",
        "%25252f..",
        "%2e%2e",
        "..",
        "a%00b",
        "%0d%0aX:1",
        "%ff",
        "%u002f",
        "a%2f%2fb",
        "\u2215",
    ],
)
@pytest.mark.parametrize("path", ["/model/{}/converse", "/model/nova{}x/invoke", "/guardrail/{}/version/1/apply"])
def test_no_encoding_of_a_name_reaches_bedrock(ask: Asker, path: str, segment: str) -> None:
    assert ask({"x-api-key": ask.key}, path=path.format(segment)).status in (400, 404)
    assert ask.deployment.upstream.requests == []


@pytest.mark.parametrize("version", ["\u0661", "\uff11", "1\u0661", "1%00", "123456789", "-1", "draft"])
def test_only_ascii_digits_are_a_version(ask: Asker, version: str) -> None:
    path = f"/guardrail/gr0123456789/version/{version}/apply"
    assert ask({"x-api-key": ask.key}, path=path).status in (400, 404)
    assert ask.deployment.upstream.requests == []


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/foundation-models", "/openclaw.json", "/v1/usage"])
def test_head_says_nothing_more_than_get(ask: Asker, path: str) -> None:
    with_key, without = {"x-api-key": ask.key}, dict[str, str]()
    for headers in (with_key, without):
        head, get = ask(headers, "HEAD", path), ask(headers, "GET", path)
        # An empty streamed body would hang: the runtime sends a line feed instead.
        assert (head.status, head.body) == (get.status, b"\n")
    assert ask(without, "HEAD", path).status == (200 if path == "/health" else 401)


@pytest.mark.parametrize("path", [PATH, *(path for path, _ in PATHS.values())])
def test_only_post_asks_a_model(ask: Asker, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post ", "POST/x"):
        assert ask({"x-api-key": ask.key}, method, path).status in (404, 405)
    assert ask.deployment.upstream.requests == []


def test_one_purpose_has_one_key(ask: Asker, deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    """LiteLLM's CVE-2026-114612: one secret for two purposes. Ours makes the codes of ids and opens nothing."""
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        found = dynamodb.get_item(TableName=deployment.aws.access_table, Key=SECRET_KEY)
    secret = bytes(found["Item"]["secret"]["B"])
    mine, _ = new_key(secret)
    # Whoever knows the secret can invent an id that is looked up, and no key that opens.
    for forged in (mine, secret.hex(), f"slc_{ask.key_id}_{secret.hex()[:52]}"):
        assert ask.is_refused({"x-api-key": forged})
    variables = json.dumps(dict(deployment.environment))
    assert secret.hex() not in variables
    assert ask.secret not in variables


def test_a_forged_authorizer_is_nobody_under_none(ask: Asker) -> None:
    for principal in ("arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:assumed-role/admin/x"):
        answer = ask_by_event(ask.gateway, event("POST", PATH, {}, BODY, principal))
        assert answer.status == 401
    assert ask.deployment.upstream.requests == []


def test_a_callers_aws_signature_is_neither_passed_on_nor_logged(ask: Asker) -> None:
    signature = (
        "AWS4-HMAC-SHA256 Credential=AKIACALLERSOWN/20261124/us-east-1/bedrock/aws4_request, Signature=51gna7ure"
    )
    headers = {
        "authorization": signature,
        "x-api-key": ask.key,
        "x-amz-security-token": "53cur1tyt0ken",
        "x-amz-date": "x",
    }
    answer = ask(headers)
    assert answer.status == 200
    [sent] = ask.deployment.upstream.requests
    assert "AKIACALLERSOWN" not in str(sent.headers)
    assert "53cur1tyt0ken" not in str(sent.headers)
    assert ask.secret not in str(sent.headers)
    logged(ask.gateway, answer.headers["x-sluice-request-id"])
    log = "".join(ask.gateway.logs)
    assert not any(secret in log for secret in ("AKIACALLERSOWN", "51gna7ure", "53cur1tyt0ken", ask.secret))


def test_a_key_in_a_models_place_is_refused_and_not_logged(ask: Asker) -> None:
    headers = {"x-api-key": ask.key}
    assert ask(headers, path=f"/model/{ask.key}/converse").status == 400
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/embeddings"):
        body = {"model": ask.key, "messages": [{"role": "user", "content": "x"}], "max_tokens": 9, "input": "x"}
        answer = ask_by_event(ask.gateway, event("POST", path, headers, body))
        assert answer.status in (400, 404)
        logged(ask.gateway, answer.headers["x-sluice-request-id"])
    assert ask.deployment.upstream.requests == []
    assert ask.secret not in "".join(ask.gateway.logs)


@pytest.mark.parametrize(
    "head",
    [
        "POST {path} HTTP/1.1\r\nhost: x/?\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nx-api-key: wrong\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\nauthorization: Bearer wrong\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\x00\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key:\r\n {key}\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key : {key}\r\n",
        "POST http://x{path}?x-api-key={key} HTTP/1.1\r\nhost: x\r\n",
        "POST {path} HTTP/1.0\r\n",
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-filler: " + "a" * 1_000_000 + "\r\n",
    ],
    ids=range(9),
)
def test_no_bytes_on_the_wire_open_without_the_key(ask: Asker, head: str) -> None:
    """The front door's part as well, as far as the emulator plays it."""
    data = head.format(path=PATH, key=ask.key).encode("latin-1") + b"content-length: 2\r\nconnection: close\r\n\r\n{}"
    parts = urlsplit(ask.gateway.url)
    answer = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        try:
            connection.sendall(data)
            while received := connection.recv(65_536):
                answer += received
        except ConnectionError:
            pass
    assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.0 2", b"HTTP/1.1 5"))
    assert ask.deployment.upstream.requests == []


def test_nothing_that_was_logged_has_a_key(ask: Asker) -> None:
    """Of all that the tests of this run have made this gateway log."""
    request(ask.gateway.url, "POST", PATH, {"authorization": f"Bearer {ask.key}x"}, BODY)
    assert "slc_" not in "".join(ask.gateway.logs)
