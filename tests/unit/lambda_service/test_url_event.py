"""The events that functions behind a function URL get."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from sluice_local.http_server import HttpRequest
from sluice_local.lambda_service.url_event import UrlContext, event_of

NOW = datetime(2026, 11, 24, 3, 4, 5, 678000, UTC)
CONTEXT = UrlContext("request-1", "Root=1-67", "https", 8443, NOW)


def event(
    target: str = "/", headers: tuple[tuple[str, str], ...] = (), body: bytes = b"", context: UrlContext = CONTEXT
) -> dict[str, Any]:
    host = ("host", "localhost:8443")
    return event_of(HttpRequest("POST", target, (host, *headers), body, "127.0.0.1"), context)


def test_a_whole_event() -> None:
    headers = (("user-agent", "curl/8"), ("content-type", "application/json"), ("cookie", "a=1; b=2"))
    assert event("/a/b?x=1&y=%20&x=2", headers, b'{"q":"\xc3\xa9"}') == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a/b",
        "rawQueryString": "x=1&y=%20&x=2",
        "cookies": ["a=1", "b=2"],
        "headers": {
            "host": "localhost:8443",
            "user-agent": "curl/8",
            "content-type": "application/json",
            "x-amzn-trace-id": "Root=1-67",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8443",
            "x-forwarded-proto": "https",
        },
        "queryStringParameters": {"x": "1,2", "y": " "},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "localhost",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": "POST",
                "path": "/a/b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "curl/8",
            },
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "24/Nov/2026:03:04:05 +0000",
            "timeEpoch": 1795489445678,
        },
        "body": '{"q":"é"}',
        "isBase64Encoded": False,
    }


def test_what_is_not_there_is_absent() -> None:
    bare = event("/")
    assert {"cookies", "queryStringParameters", "body"} & set(bare) == set()
    assert (bare["rawQueryString"], bare["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize(
    "path",
    [
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x/converse",
        "/model/us.anthropic.claude-v1:0/converse",
        "//double//slash/../dots/%2e%2e/%25",
        "/%E2%82%AC+plus",
    ],
)
def test_the_path_stays_as_it_was_sent(path: str) -> None:
    made = event(path + "?a=%2F")
    assert (made["rawPath"], made["requestContext"]["http"]["path"]) == (path, path)
    assert made["rawQueryString"] == "a=%2F"


def test_repeated_headers_are_joined_by_commas() -> None:
    assert event(headers=(("accept", "a"), ("x", "1"), ("accept", "b")))["headers"]["accept"] == "a,b"


def test_a_client_cannot_set_what_the_platform_sets() -> None:
    forged = (("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "gopher"), ("x-forwarded-port", "1"))
    headers = event(headers=forged)["headers"]
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"], headers["x-forwarded-port"]) == (
        "127.0.0.1",
        "https",
        "8443",
    )


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "text/html; charset=utf-8", "application/json", "Application/JSON", "application/problem+json"],
)
def test_text_comes_as_text(content_type: str) -> None:
    made = event(headers=(("content-type", content_type),), body=b"abc")
    assert (made["body"], made["isBase64Encoded"]) == ("abc", False)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", "application/octet-stream"),),
        (("content-type", "application/x-www-form-urlencoded"),),
        (("content-type", "image/png"),),
        (("content-type", "application/json"), ("content-encoding", "gzip")),
    ],
)
def test_anything_else_comes_as_base64(headers: tuple[tuple[str, str], ...]) -> None:
    made = event(headers=headers, body=b"abc")
    assert (made["body"], made["isBase64Encoded"]) == ("YWJj", True)


def test_text_that_is_not_utf_8_loses_no_byte() -> None:
    made = event(headers=(("content-type", "text/plain"),), body=b"\xff\xfe")
    assert made["isBase64Encoded"]
    assert base64.b64decode(made["body"]) == b"\xff\xfe"


def test_under_aws_iam_the_caller_is_named_and_the_signature_kept() -> None:
    authorizer = {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/ada"}
    context = UrlContext("r", "t", "https", 443, NOW, authorizer)
    made = event(headers=(("authorization", "AWS4-HMAC-SHA256 …"), ("x", "1")), context=context)
    assert made["requestContext"]["authorizer"] == {"iam": authorizer}
    assert made["requestContext"]["accountId"] == "123456789012"
    assert "authorization" not in made["headers"]
