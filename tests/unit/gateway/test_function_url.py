import base64
from dataclasses import dataclass

import pytest
from gateway.fronts.function_url import is_http, read_event, stream_response
from gateway.messages import Request, Response

ARN = "arn:aws:sts::111122223333:assumed-role/agent/session"


@dataclass
class Context:
    aws_request_id: str = "request-1"
    remaining: int = 60_000

    def get_remaining_time_in_millis(self):
        return self.remaining


def event(**changes):
    return {
        "version": "2.0",
        "rawPath": "/model/a%3A0/converse",
        "rawQueryString": "",
        "headers": {"Content-Type": "application/json", "x-api-key": "k"},
        "requestContext": {"http": {"method": "POST", "path": "/model/a:0/converse"}},
        "body": "{}",
        "isBase64Encoded": False,
        **changes,
    }


def read(url_auth="NONE", **changes):
    return read_event(event(**changes), Context(), url_auth, 100.0)


def test_an_event_is_a_request():
    assert read(rawQueryString="beta=true") == Request(
        method="POST",
        raw_path="/model/a%3A0/converse",
        headers={"content-type": "application/json", "x-api-key": "k"},
        body=b"{}",
        request_id="request-1",
        deadline=156.0,
        principal=None,
        query="beta=true",
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff binary", "日本".encode()])
def test_a_body_in_base64_is_decoded(body):
    assert read(body=base64.b64encode(body).decode(), isBase64Encoded=True).body == body


def test_a_body_of_text_is_utf8():
    assert read(body="日本").body == "日本".encode()


@pytest.mark.parametrize("changes", [{"body": None}, {"body": ""}, {"body": None, "isBase64Encoded": True}])
def test_a_missing_body_is_no_bytes(changes):
    assert read(**changes).body == b""


def test_what_says_it_is_base64_and_is_not_is_an_error():
    with pytest.raises(ValueError, match="base64"):
        read(body="%%%", isBase64Encoded=True)


def test_an_event_may_lack_what_lambda_leaves_out():
    request = read(headers=None, requestContext=None, body=None)
    assert (request.method, request.headers, request.body) == ("POST", {}, b"")


def test_the_principal_is_believed_only_under_iam():
    signed = {"http": {"method": "POST"}, "authorizer": {"iam": {"userArn": ARN}}}
    assert read("AWS_IAM", requestContext=signed).principal == ARN
    assert read("NONE", requestContext=signed).principal is None


@pytest.mark.parametrize("authorizer", [None, {}, {"iam": None}, {"iam": {}}, {"iam": {"userArn": ""}}, {"jwt": {}}])
def test_no_principal_is_no_principal(authorizer):
    assert read("AWS_IAM", requestContext={"http": {}, "authorizer": authorizer}).principal is None


@pytest.mark.parametrize(
    ("payload", "expected"), [(event(), True), ({}, False), ([], False), (None, False), ("rawPath", False), (7, False)]
)
def test_an_event_of_a_function_url_has_a_path(payload, expected):
    assert is_http(payload) is expected


def test_a_response_goes_to_the_runtime_as_it_is():
    body = iter([b"a"])
    sent = stream_response(Response(404, {"x-a": "1"}, body))
    assert (sent.status_code, sent.headers, sent.body) == (404, {"x-a": "1"}, body)
