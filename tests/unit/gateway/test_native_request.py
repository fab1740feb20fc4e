import pytest
from gateway.dialects.native.request import forwarded_headers
from gateway.errors import InvalidRequest


def test_what_bedrock_knows_is_forwarded_and_nothing_else():
    sent = {
        "accept": "*/*",
        "content-type": "application/json",
        "x-amzn-bedrock-trace": "ENABLED",
        "x-amzn-bedrock-guardrailidentifier": "gr-1",
        "authorization": "Bearer slc_x",
        "x-api-key": "slc_x",
        "x-amz-date": "20261124T000000Z",
        "x-amz-security-token": "theirs",
        "x-amz-content-sha256": "ab",
        "x-amzn-trace-id": "Root=1",
        "host": "proxy",
        "content-length": "2",
        "transfer-encoding": "chunked",
        "connection": "close",
        "expect": "100-continue",
        "cookie": "a=b",
        "accept-encoding": "gzip",
        "x-forwarded-for": "203.0.113.7",
        "amz-sdk-request": "attempt=1; max=3",
    }
    assert forwarded_headers(sent) == {
        "accept": "*/*",
        "content-type": "application/json",
        "x-amzn-bedrock-trace": "ENABLED",
        "x-amzn-bedrock-guardrailidentifier": "gr-1",
    }


@pytest.mark.parametrize("value", ["a\r\nx-injected: 1", "a\nb", "a\rb", "a\0b", "\x7f", "caf\xe9", "日本", "\ud800"])
@pytest.mark.parametrize("name", ["x-amzn-bedrock-trace", "content-type", "accept"])
def test_a_value_that_would_break_out_of_its_line_is_refused_and_not_shown(name, value):
    with pytest.raises(InvalidRequest) as raised:
        forwarded_headers({name: value})
    assert str(raised.value) == f"The header '{name}' holds characters that cannot be sent to Bedrock."


@pytest.mark.parametrize(
    "name", ["x-amzn-bedrock-a\r\nb", "x-amzn-bedrock-a b", "x-amzn-bedrock-a:", "x-amzn-bedrock-é"]
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidRequest):
        forwarded_headers({name: "a"})


def test_what_is_not_forwarded_may_hold_anything():
    assert forwarded_headers({"x-other": "a\r\nb", "cookie": "日本"}) == {}
