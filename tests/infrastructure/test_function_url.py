"""The URL: what it points at, how it answers, and who may call it."""

import pytest
from infrastructure.expansion import ACCOUNT, expand

GATEWAY = {"Fn::GetAtt": ["GatewayFunction", "Arn"]}
CHOICES = pytest.mark.parametrize("url_auth", ["NONE", "AWS_IAM"])


@CHOICES
def test_the_url_streams_and_authorizes_as_chosen(url_auth: str) -> None:
    (url,) = expand(UrlAuth=url_auth).of_type("AWS::Lambda::Url").values()
    assert url == {"TargetFunctionArn": GATEWAY, "AuthType": url_auth, "InvokeMode": "RESPONSE_STREAM"}


@pytest.mark.parametrize(("url_auth", "principal"), [("NONE", "*"), ("AWS_IAM", ACCOUNT)])
def test_both_permissions_that_a_url_needs_are_granted(url_auth: str, principal: str) -> None:
    permissions = list(expand(UrlAuth=url_auth).of_type("AWS::Lambda::Permission").values())
    assert permissions == [
        {
            "FunctionName": GATEWAY,
            "Action": "lambda:InvokeFunctionUrl",
            "Principal": principal,
            "FunctionUrlAuthType": url_auth,
        },
        {
            "FunctionName": GATEWAY,
            "Action": "lambda:InvokeFunction",
            "Principal": principal,
            "InvokedViaFunctionUrl": True,
        },
    ]


@CHOICES
def test_the_function_is_told_how_its_url_authorizes(url_auth: str) -> None:
    variables = expand(UrlAuth=url_auth).properties("GatewayFunction")["Environment"]["Variables"]
    assert variables["SLUICE_URL_AUTH"] == url_auth


def test_nothing_points_at_a_version_of_the_function() -> None:
    # An alias would serve old code: no version is published when only a layer or a parameter has changed.
    stack = expand()
    assert not stack.of_type("AWS::Lambda::Alias")
    assert not stack.of_type("AWS::Lambda::Version")


def test_nothing_but_the_url_leads_to_the_gateway_from_outside() -> None:
    stack = expand()
    assert not [name for name in stack.resources if stack.resources[name]["Type"].startswith("AWS::ApiGateway")]
    assert "Cors" not in stack.properties("GatewayUrl"), "the gateway answers CORS itself"
