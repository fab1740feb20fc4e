import json

import pytest
from gateway.bedrock.failures import refused
from gateway.bedrock.grammar import Usage
from gateway.dialects.native.reply import error_reply, explained, passed_headers, refusal_headers, usage_in
from gateway.errors import Unauthenticated, UpstreamUnreachable

DENIED = refused(403, "AccessDeniedException", "No access.")
THROTTLED = refused(429, "ThrottlingException", "Wait.")


def body_of(response):
    return json.loads(b"".join(response.body))


def test_an_error_of_ours_follows_awss_contract():
    response = error_reply(Unauthenticated("No key."), "request-1")
    assert response.status == 401
    assert response.headers == {
        "content-type": "application/json",
        "x-amzn-errortype": "UnrecognizedClientException",
        "x-amzn-requestid": "request-1",
    }
    assert body_of(response) == {"message": "No key."}


def test_an_error_that_may_pass_says_when_to_ask_again():
    assert error_reply(UpstreamUnreachable("x"), "request-1").headers["retry-after"] == "1"


def test_bedrocks_headers_pass_but_for_the_connections_own():
    headers = {
        "content-type": "application/vnd.amazon.eventstream",
        "x-amzn-requestid": "r",
        "x-amzn-bedrock-input-token-count": "7",
        "x-new-header": "n",
        "connection": "keep-alive",
        "content-length": "9",
        "date": "now",
        "keep-alive": "timeout=5",
        "server": "h",
        "trailer": "t",
        "transfer-encoding": "chunked",
    }
    assert list(passed_headers(headers)) == [
        "content-type",
        "x-amzn-requestid",
        "x-amzn-bedrock-input-token-count",
        "x-new-header",
    ]


def test_a_refusal_that_came_without_its_type_gets_it():
    assert refusal_headers({"x-amzn-requestid": "r"}, THROTTLED) == {
        "x-amzn-errortype": "ThrottlingException",
        "x-amzn-requestid": "r",
    }


def test_a_refusals_own_type_stays_as_bedrock_wrote_it():
    raw = {"x-amzn-errortype": "ThrottlingException:http://internal/"}
    assert refusal_headers(raw, THROTTLED) == raw


@pytest.mark.parametrize("key", ["message", "Message"])
def test_advice_is_added_to_awss_text_and_the_other_members_stay(key):
    told = json.loads(explained(DENIED, json.dumps({key: "No access.", "extra": [1]}).encode()))
    assert told.pop("extra") == [1]
    assert list(told) == [key]
    assert told[key].startswith("No access. [Sluice: ")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"text":"x"}', b"\xff"])
def test_an_error_that_is_not_awss_json_passes_untouched(body):
    assert explained(DENIED, body) == body


def test_an_error_without_advice_passes_byte_for_byte():
    body = b'{ "message" : "Wait." }'
    assert explained(THROTTLED, body) is body


@pytest.mark.parametrize(
    ("reply", "headers", "usage"),
    [
        ({"usage": {"inputTokens": 3, "outputTokens": 4}}, {}, Usage(3, 4)),
        ({"usage": {"input_tokens": 3}}, {}, None),
        ({}, {"x-amzn-bedrock-input-token-count": "many"}, None),
        (
            {"usage": {"input_tokens": 3}},
            {
                "x-amzn-bedrock-input-token-count": "7",
                "x-amzn-bedrock-output-token-count": "9",
                "x-amzn-bedrock-cache-read-input-token-count": "100",
                "x-amzn-bedrock-cache-write-input-token-count": "30",
            },
            Usage(7, 9, 100, 30),
        ),
    ],
)
def test_what_a_reply_used_is_in_converses_body_or_in_invokes_headers(reply, headers, usage):
    assert usage_in(reply, headers) == usage
