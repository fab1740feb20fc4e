"""What boto3 raises, in words."""

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError
from sluice_cli.errors import CommandError, aws_errors


def refusal(code, message, status=400):
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Scan")


def said_of(raised, **options):
    with pytest.raises(CommandError) as told, aws_errors("dynamodb:Scan on the access table", **options):
        raise raised
    assert told.value.__cause__ is raised
    assert told.value.exit_code == 1
    return told.value.message


@pytest.mark.parametrize(
    "denial",
    [
        refusal("AccessDenied", "User u is not authorized", 403),
        refusal("AccessDeniedException", "User u is not authorized"),
        refusal("403", "User u is not authorized", 403),
    ],
)
def test_a_denial_names_the_permission_and_keeps_awss_words(denial):
    assert said_of(denial) == (
        "Access denied; the command needs dynamodb:Scan on the access table. AWS said: User u is not authorized"
    )


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"]
)
def test_credentials_that_aws_refuses_are_told_from_a_denial(code):
    said = said_of(refusal(code, "The security token is invalid.", 403))
    assert said == f"AWS does not accept these credentials ({code}): The security token is invalid."


@pytest.mark.parametrize(
    "missing",
    [
        botocore.exceptions.NoCredentialsError(),
        botocore.exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        botocore.exceptions.UnauthorizedSSOTokenError(),
    ],
)
def test_missing_credentials_say_what_to_set(missing):
    said = said_of(missing)
    assert said.startswith("No AWS credentials: ")
    assert "--profile" in said


def test_a_profile_that_is_not_there_is_named():
    assert "(prod)" in said_of(botocore.exceptions.ProfileNotFound(profile="prod"))


def test_an_endpoint_that_does_not_answer_says_what_to_start():
    silent = botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1/")
    assert said_of(silent, unreachable="Start it.") == (
        'Could not connect to the endpoint URL: "http://127.0.0.1:1/". Start it.'
    )
    assert said_of(silent) == 'Could not connect to the endpoint URL: "http://127.0.0.1:1/".'


def test_any_other_refusal_keeps_its_code():
    said = said_of(refusal("ResourceNotFoundException", "Requested resource not found"))
    assert said == "AWS refused (ResourceNotFoundException): Requested resource not found"


def test_any_other_trouble_of_boto3_keeps_its_words():
    assert said_of(botocore.exceptions.InvalidRegionError(region_name="-")) == (
        "Provided region_name '-' doesn't match a supported format."
    )


def test_what_is_no_trouble_of_boto3_passes_through():
    with pytest.raises(ZeroDivisionError), aws_errors("dynamodb:Scan"):
        1 / 0  # noqa: B018 - raises
