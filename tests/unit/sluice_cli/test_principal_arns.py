import pytest
from sluice.access_items import principals_of
from sluice_cli.principal_arns import is_role, principal_arn

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("role", "arn"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/agents", f"arn:aws:sts::{ACCOUNT}:assumed-role/agents"),
        (f"arn:aws-us-gov:iam::{ACCOUNT}:role/a/path/x+y", f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/x+y"),
        (
            f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef",
        ),
    ],
)
def test_a_role_becomes_what_its_sessions_have_in_common(role, arn):
    assert principal_arn(f" {role}\n") == arn
    assert is_role(arn)
    assert principals_of(f"{arn}/ada@example.com") == (f"{arn}/ada@example.com", arn)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:root",
        f"arn:aws:iam::{ACCOUNT}:user/ada",
        f"arn:aws-cn:iam::{ACCOUNT}:user/a/path/ada@example.com",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/i-0123456789",
        f"arn:aws:sts::{ACCOUNT}:federated-user/ada",
    ],
)
def test_whoever_is_one_caller_stays_as_written(arn):
    assert principal_arn(arn) == arn
    assert not is_role(arn)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agents",
        ACCOUNT,
        f"arn:aws:iam::{ACCOUNT}:role/",
        f"arn:aws:iam::{ACCOUNT}:group/developers",
        f"arn:aws:iam::{ACCOUNT}:user/*",
        "arn:aws:iam::12345:user/ada",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/agents/a/b",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_what_is_no_principal(text):
    with pytest.raises(ValueError, match="is not the ARN of an IAM user, of a role, or of a role's session"):
        principal_arn(text)
