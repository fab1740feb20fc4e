"""What Bedrock's control plane lists, each list behind its own permission."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from catalog_refresh.listings import OPTIONAL, REQUIRED, list_region
from catalog_refresh.refresh import RefreshFailed
from infrastructure.expansion import ACCOUNT, expand
from moto.core.authorization import enable_iam_authentication
from sluice_local.bedrock_control import add_account_model

REGION = "us-east-1"
MOTO_ACCOUNT = "123456789012"
ARN = f"arn:aws:bedrock:{REGION}:{MOTO_ACCOUNT}"
NOVA = f"arn:aws:bedrock:{REGION}::foundation-model/amazon.nova-pro-v1:0"
CREATED = datetime(2026, 1, 2, tzinfo=UTC)
CUSTOM = f"{ARN}:custom-model/amazon.nova-pro-v1:0:300k/abcdefghijkl"
SUMMARIES = {
    "ListCustomModels": {
        "modelArn": CUSTOM,
        "modelName": "mine",
        "creationTime": CREATED,
        "baseModelArn": NOVA,
        "baseModelName": "Nova Pro",
        "modelStatus": "Active",
    },
    "ListCustomModelDeployments": {
        "customModelDeploymentArn": f"{ARN}:custom-model-deployment/abcdefghijkl",
        "customModelDeploymentName": "mine",
        "modelArn": CUSTOM,
        "createdAt": CREATED,
        "status": "Active",
    },
    "ListImportedModels": {
        "modelArn": f"{ARN}:imported-model/abcdefghijkl",
        "modelName": "mine",
        "creationTime": CREATED,
        "instructSupported": True,
        "modelArchitecture": "llama3",
    },
    "ListProvisionedModelThroughputs": {
        "provisionedModelName": "mine",
        "provisionedModelArn": f"{ARN}:provisioned-model/abcdefghijkl",
        "modelArn": CUSTOM,
        "desiredModelArn": CUSTOM,
        "foundationModelArn": NOVA,
        "modelUnits": 1,
        "desiredModelUnits": 1,
        "status": "InService",
        "creationTime": CREATED,
        "lastModifiedTime": CREATED,
    },
    "ListPromptRouters": {
        "promptRouterName": "mine",
        "createdAt": CREATED,
        "routingCriteria": {"responseQualityDifference": 0.5},
        "promptRouterArn": f"{ARN}:prompt-router/abcdefghijkl",
        "models": [{"modelArn": NOVA}],
        "fallbackModel": {"modelArn": NOVA},
        "status": "AVAILABLE",
        "type": "custom",
    },
    "ListMarketplaceModelEndpoints": {
        "endpointArn": f"arn:aws:sagemaker:{REGION}:{MOTO_ACCOUNT}:endpoint/mine",
        "modelSourceIdentifier": f"arn:aws:sagemaker:{REGION}:aws:hub-content/SageMakerPublicHub/Model/x",
        "createdAt": CREATED,
        "updatedAt": CREATED,
        "status": "REGISTERED",
    },
}


@pytest.fixture
def bedrock(client_of):
    return client_of("bedrock")


def failures(listing):
    return {failure.operation: failure.reason for failure in listing.failures}


@pytest.mark.parametrize("operation", OPTIONAL)
def test_an_accounts_own_models_are_listed(bedrock, operation):
    add_account_model(operation, SUMMARIES[operation])
    (found,) = list_region(bedrock, REGION).of(operation)
    assert found == SUMMARIES[operation]


def test_prompt_routers_of_both_types_are_listed_once(bedrock):
    router = SUMMARIES["ListPromptRouters"]
    own = {**router, "promptRouterArn": f"{ARN}:default-prompt-router/anthropic.claude:1", "type": "default"}
    for summary in (router, own):
        add_account_model("ListPromptRouters", summary)
    assert list_region(bedrock, REGION).of("ListPromptRouters") == [own, router]


def test_an_application_profile_is_resolved_to_its_model(bedrock):
    made = bedrock.create_inference_profile(inferenceProfileName="team", modelSource={"copyFrom": NOVA})
    arn = made["inferenceProfileArn"]
    asked = []
    bedrock.meta.events.register(
        "before-call.bedrock.GetInferenceProfile", lambda params, **_: asked.append(params["url_path"])
    )
    found = list_region(bedrock, REGION).of("ListInferenceProfiles")
    (profile,) = [profile for profile in found if profile["type"] == "APPLICATION"]
    assert (profile["inferenceProfileArn"], profile["models"]) == (arn, [{"modelArn": NOVA}])
    assert len(asked) == 1


def test_a_list_that_boto3_is_too_old_for_is_reported(bedrock):
    class OldClient:
        def __getattr__(self, name):
            if name == "list_custom_model_deployments":
                raise AttributeError(name)
            return getattr(bedrock, name)

    listing = list_region(OldClient(), REGION)
    assert failures(listing) == {"ListCustomModelDeployments": "unsupported"}
    assert listing.is_complete


class Failing:
    """A client of which one operation fails."""

    def __init__(self, client, method, error):
        self.client, self.method, self.error = client, method, error

    def __getattr__(self, name):
        return self.fail if name == self.method else getattr(self.client, name)

    def fail(self, **_):
        raise self.error


def client_error(code):
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (client_error("AccessDeniedException"), "denied"),
        (client_error("UnrecognizedClientException"), "denied"),
        (client_error("UnknownOperationException"), "unsupported"),
        (client_error("ResourceNotFoundException"), "unsupported"),
        (client_error("ThrottlingException"), "failed"),
        (client_error("InternalServerException"), "failed"),
        (ReadTimeoutError(endpoint_url="https://bedrock"), "failed"),
    ],
)
def test_why_a_list_did_not_come_is_told_apart(bedrock, error, reason):
    listing = list_region(Failing(bedrock, "list_imported_models", error), REGION)
    assert failures(listing) == {"ListImportedModels": reason}
    assert listing.is_complete


@pytest.mark.parametrize("operation", REQUIRED)
def test_without_one_of_the_two_required_lists_a_region_is_incomplete(bedrock, operation):
    method = {"ListFoundationModels": "list_foundation_models", "ListInferenceProfiles": "list_inference_profiles"}
    listing = list_region(Failing(bedrock, method[operation], client_error("ResourceNotFoundException")), REGION)
    assert failures(listing) == {operation: "failed"}
    assert not listing.is_complete


def test_a_page_that_names_itself_as_the_next_ends_the_list(bedrock):
    class Looping:
        def __getattr__(self, name):
            return self.loop if name == "list_imported_models" else getattr(bedrock, name)

        def loop(self, **_):
            return {"modelSummaries": [], "nextToken": "again"}

    assert failures(list_region(Looping(), REGION)) == {"ListImportedModels": "failed"}


# --- the deployed role ---


def role_policies():
    """The refresh role's policies, of the template as CloudFormation would have it."""
    policies = expand().properties("RefreshRole")["Policies"]
    (document,) = [policy["PolicyDocument"] for policy in policies if policy["PolicyName"] == "ListModels"]
    return json.loads(json.dumps(document).replace(ACCOUNT, MOTO_ACCOUNT))


def without(operation):
    """The role's policies without one permission, which stands in a statement of its own."""
    document = role_policies()
    kept = [statement for statement in document["Statement"] if statement["Action"] != f"bedrock:{operation}"]
    assert len(kept) == len(document["Statement"]) - 1
    return document | {"Statement": kept}


@pytest.fixture
def as_role(client_of):
    """Make a role with a policy, assume it through STS, and return its Bedrock client."""

    def make(document):
        iam, sts = client_of("iam"), client_of("sts")
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{MOTO_ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        trusted = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName="refresh", AssumeRolePolicyDocument=trusted)
        iam.put_role_policy(RoleName="refresh", PolicyName="ListModels", PolicyDocument=json.dumps(document))
        given = sts.assume_role(RoleArn=f"arn:aws:iam::{MOTO_ACCOUNT}:role/refresh", RoleSessionName="scheduled")
        return client_of(
            "bedrock",
            aws_access_key_id=given["Credentials"]["AccessKeyId"],
            aws_secret_access_key=given["Credentials"]["SecretAccessKey"],
            aws_session_token=given["Credentials"]["SessionToken"],
        )

    return make


def test_the_deployed_role_may_list_what_the_function_lists(as_role, bedrock):
    bedrock.create_inference_profile(inferenceProfileName="team", modelSource={"copyFrom": NOVA})
    client = as_role(role_policies())
    with enable_iam_authentication():
        listing = list_region(client, REGION)
    assert failures(listing) == {}
    assert set(listing.summaries) == {*REQUIRED, *OPTIONAL}


@pytest.mark.parametrize("operation", [*REQUIRED, *OPTIONAL, "GetInferenceProfile"])
def test_a_permission_that_is_taken_away_is_named_and_the_other_lists_come(as_role, bedrock, operation):
    bedrock.create_inference_profile(inferenceProfileName="team", modelSource={"copyFrom": NOVA})
    client = as_role(without(operation))
    with enable_iam_authentication():
        listing = list_region(client, REGION)
    (failure,) = listing.failures
    assert (failure.permission, failure.reason) == (f"bedrock:{operation}", "denied")
    assert f"{operation} in {REGION}: bedrock:{operation} is not allowed" in str(failure)
    assert set(listing.summaries) == {*REQUIRED, *OPTIONAL} - {operation}
    assert listing.is_complete is (operation not in REQUIRED)


@pytest.mark.parametrize("operation", [*OPTIONAL, "GetInferenceProfile"])
def test_a_refresh_without_an_optional_permission_publishes_the_rest_and_names_it(as_role, bedrock, run, operation):
    bedrock.create_inference_profile(inferenceProfileName="team", modelSource={"copyFrom": NOVA})
    client = as_role(without(operation))
    with enable_iam_authentication():
        listing = list_region(client, REGION)
    summary = run(discover=lambda _region: listing)
    (failure,) = summary["failures"]
    assert failure.startswith(f"{operation} in {REGION}: bedrock:{operation} is not allowed (AccessDenied")
    assert (summary["status"], summary["rows"] > 100) == ("published", True)


@pytest.mark.parametrize("operation", REQUIRED)
def test_a_refresh_without_a_required_permission_fails_and_names_it(as_role, run, operation):
    client = as_role(without(operation))
    with enable_iam_authentication():
        listing = list_region(client, REGION)
    with pytest.raises(RefreshFailed, match=f"{operation} in {REGION}: bedrock:{operation} is not allowed"):
        run(discover=lambda _region: listing)


def test_an_application_profile_that_cannot_be_resolved_is_what_its_list_says(as_role, bedrock):
    bedrock.create_inference_profile(inferenceProfileName="team", modelSource={"copyFrom": NOVA})
    client = as_role(without("GetInferenceProfile"))
    with enable_iam_authentication():
        found = list_region(client, REGION).of("ListInferenceProfiles")
    (profile,) = [profile for profile in found if profile["type"] == "APPLICATION"]
    assert profile["models"] == [{"modelArn": NOVA}]
