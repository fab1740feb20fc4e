"""moto's IAM enforcement holds for the control plane: no call without the action, and none with a wrong secret."""

import json

import pytest
from botocore.exceptions import ClientError
from moto.core import set_initial_no_auth_action_count
from moto.core.base_backend import BackendDict

OPUS = "anthropic.claude-opus-5"
OPUS_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{OPUS}"
PROFILE = f"us.{OPUS}"
PROFILE_ARN = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{PROFILE}"
ROLE_ARN = "arn:aws:iam::123456789012:role/refresh"
ROLE_SESSION_ARN = "arn:aws:sts::123456789012:assumed-role/refresh/scheduled"
# How many requests `user_allowed` and `role_allowed` make before moto asks for permissions.
USER_REQUESTS = 3
ROLE_REQUESTS = 2


def policy(actions, resource="*"):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(client_of):
    BackendDict.reset()
    return client_of("iam")


def user_allowed(iam, actions, resource="*"):
    """Make a user with these actions; return the credentials."""
    iam.create_user(UserName="operator")
    iam.put_user_policy(UserName="operator", PolicyName="p", PolicyDocument=policy(actions, resource))
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def role_allowed(iam, actions):
    """Make a role with these actions that `operator` may assume."""
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:user/operator"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="refresh", AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="refresh", PolicyName="p", PolicyDocument=policy(actions))


def credentials_of_role(sts):
    given = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="scheduled")["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def refused(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


CALLS = [
    ("bedrock:ListFoundationModels", "list_foundation_models", {}),
    ("bedrock:ListFoundationModels", "list_foundation_models", {"byProvider": "anthropic"}),
    ("bedrock:GetFoundationModel", "get_foundation_model", {"modelIdentifier": OPUS_ARN}),
    ("bedrock:ListInferenceProfiles", "list_inference_profiles", {"maxResults": 2, "typeEquals": "SYSTEM_DEFINED"}),
    ("bedrock:GetInferenceProfile", "get_inference_profile", {"inferenceProfileIdentifier": PROFILE_ARN}),
]


@pytest.mark.parametrize(("action", "method", "arguments"), CALLS)
@set_initial_no_auth_action_count(USER_REQUESTS)
def test_a_user_with_the_action_may_call(iam, client_of, action, method, arguments):
    bedrock = client_of("bedrock", **user_allowed(iam, [action]))
    assert getattr(bedrock, method)(**arguments)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("action", "method", "arguments"), CALLS)
@set_initial_no_auth_action_count(USER_REQUESTS)
def test_a_user_without_the_action_is_denied_as_bedrock_denies(iam, client_of, action, method, arguments):
    others = [other for other, *_ in CALLS if other != action]
    bedrock = client_of("bedrock", **user_allowed(iam, others))
    assert refused(getattr(bedrock, method), **arguments) == (
        403,
        "AccessDeniedException",
        f"User: arn:aws:iam::123456789012:user/operator is not authorized to perform: {action}",
    )


@set_initial_no_auth_action_count(ROLE_REQUESTS + USER_REQUESTS)
def test_an_assumed_role_lists_with_its_own_permissions(iam, client_of):
    role_allowed(iam, ["bedrock:ListFoundationModels"])
    sts = client_of("sts", **user_allowed(iam, ["sts:AssumeRole"], ROLE_ARN))
    bedrock = client_of("bedrock", **credentials_of_role(sts))
    assert bedrock.list_foundation_models()["modelSummaries"]
    assert refused(bedrock.list_inference_profiles) == (
        403,
        "AccessDeniedException",
        f"User: {ROLE_SESSION_ARN} is not authorized to perform: bedrock:ListInferenceProfiles",
    )


@set_initial_no_auth_action_count(USER_REQUESTS)
def test_a_policy_may_name_the_models_that_can_be_got(iam, client_of):
    allowed = user_allowed(iam, ["bedrock:GetFoundationModel"], "arn:aws:bedrock:*::foundation-model/anthropic.*")
    bedrock = client_of("bedrock", **allowed)
    assert bedrock.get_foundation_model(modelIdentifier=OPUS)["modelDetails"]["modelArn"] == OPUS_ARN
    assert refused(bedrock.get_foundation_model, modelIdentifier="amazon.nova-pro-v1:0")[1] == "AccessDeniedException"


@set_initial_no_auth_action_count(USER_REQUESTS)
def test_a_policy_may_name_the_profiles_that_can_be_got(iam, client_of):
    allowed = user_allowed(iam, ["bedrock:GetInferenceProfile"], "arn:aws:bedrock:*:*:inference-profile/us.*")
    bedrock = client_of("bedrock", **allowed)
    got = bedrock.get_inference_profile(inferenceProfileIdentifier=PROFILE)
    assert got["inferenceProfileArn"] == PROFILE_ARN
    for other in (f"global.{OPUS}", "abcdefghijkl"):
        assert refused(bedrock.get_inference_profile, inferenceProfileIdentifier=other)[1] == "AccessDeniedException"


@set_initial_no_auth_action_count(USER_REQUESTS)
def test_making_an_application_profile_needs_the_action(iam, client_of):
    bedrock = client_of(
        "bedrock", **user_allowed(iam, ["bedrock:CreateInferenceProfile", "bedrock:ListTagsForResource"])
    )
    created = bedrock.create_inference_profile(inferenceProfileName="mine", modelSource={"copyFrom": PROFILE_ARN})
    assert refused(bedrock.delete_inference_profile, inferenceProfileIdentifier=created["inferenceProfileArn"]) == (
        403,
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/operator is not authorized to perform: bedrock:DeleteInferenceProfile",
    )


@set_initial_no_auth_action_count(USER_REQUESTS)
def test_a_wrong_secret_is_refused(iam, client_of):
    wrong = user_allowed(iam, ["bedrock:*"]) | {"aws_secret_access_key": "guessed"}
    bedrock = client_of("bedrock", **wrong)
    assert refused(bedrock.list_foundation_models)[:2] == (403, "InvalidSignatureException")


@set_initial_no_auth_action_count(0)
def test_an_access_key_of_nobody_is_refused(client_of):
    BackendDict.reset()
    bedrock = client_of("bedrock", aws_access_key_id="AKIANOBODYNOBODYNOBO", aws_secret_access_key="guessed")
    assert refused(bedrock.list_foundation_models) == (
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
