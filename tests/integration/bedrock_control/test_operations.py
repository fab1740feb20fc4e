"""Every operation, asked with boto3."""

import json
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, StructureShape
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles

OPUS = "anthropic.claude-opus-5"
OPUS_ARN = f"arn:aws:bedrock:us-east-1::foundation-model/{OPUS}"
PROFILE = f"us.{OPUS}"
PROFILE_ARN = f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/{PROFILE}"
SERVICE = botocore.session.get_session().get_service_model("bedrock")


def ids(answer):
    return [model["modelId"] for model in answer["modelSummaries"]]


def profile_ids(answer):
    return [profile["inferenceProfileId"] for profile in answer["inferenceProfileSummaries"]]


def refusal(raised):
    response = raised.value.response
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], headers["x-amzn-errortype"]


def unknown_members(value, shape, where="$"):
    match shape:
        case StructureShape():
            for name, member in value.items():
                if name not in shape.members:
                    yield f"{where}.{name}"
                else:
                    yield from unknown_members(member, shape.members[name], f"{where}.{name}")
        case ListShape():
            for member in value:
                yield from unknown_members(member, shape.member, f"{where}[]")


@pytest.fixture
def bodies(bedrock):
    """Collect the bodies of the client's answers as they come off the wire."""
    collected = []

    def collect(response_dict, **_):
        collected.append(json.loads(response_dict["body"]))

    bedrock.meta.events.register("before-parse.bedrock.*", collect)
    yield collected
    bedrock.meta.events.unregister("before-parse.bedrock.*", collect)


# --- ListFoundationModels --------------------------------------------------------------------------------------------


def test_list_foundation_models_lists_the_region_of_the_client(client_of):
    for region in ("us-east-1", "eu-central-1", "us-gov-west-1"):
        answer = client_of("bedrock", region).list_foundation_models()
        assert ids(answer) == [model.model_id for model in foundation_models(region)]
        assert all(f":bedrock:{region}::" in model["modelArn"] for model in answer["modelSummaries"])


def test_a_foundation_model_is_told_with_every_member_that_bedrock_tells(bedrock):
    models = {model["modelId"]: model for model in bedrock.list_foundation_models()["modelSummaries"]}
    assert models["anthropic.claude-sonnet-4-20250514-v1:0"] == {
        "modelArn": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
        "modelId": "anthropic.claude-sonnet-4-20250514-v1:0",
        "modelName": "Claude Sonnet 4",
        "providerName": "Anthropic",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["INFERENCE_PROFILE"],
        "modelLifecycle": {
            "status": "LEGACY",
            "startOfLifeTime": datetime(2025, 5, 22, tzinfo=UTC),
            "legacyTime": datetime(2026, 4, 14, tzinfo=UTC),
            "publicExtendedAccessTime": datetime(2026, 7, 14, tzinfo=UTC),
            "endOfLifeTime": datetime(2026, 10, 14, tzinfo=UTC),
        },
    }
    assert models[OPUS]["modelLifecycle"] == {"status": "ACTIVE", "startOfLifeTime": datetime(2026, 7, 24, tzinfo=UTC)}


@pytest.mark.parametrize("provider", ["Anthropic", "anthropic", "ANTHROPIC"])
def test_a_provider_is_found_in_any_case(bedrock, provider):
    answer = bedrock.list_foundation_models(byProvider=provider)
    assert {model["providerName"] for model in answer["modelSummaries"]} == {"Anthropic"}


def test_a_part_of_a_providers_name_finds_nothing(bedrock):
    assert ids(bedrock.list_foundation_models(byProvider="Anthrop")) == []
    assert ids(bedrock.list_foundation_models(byProvider="Mistral AI"))


@pytest.mark.parametrize("modality", ["TEXT", "IMAGE", "EMBEDDING"])
def test_models_are_filtered_by_output_modality(bedrock, modality):
    expected = [model.model_id for model in foundation_models("us-east-1") if modality in model.output_modalities]
    assert ids(bedrock.list_foundation_models(byOutputModality=modality)) == expected != []


@pytest.mark.parametrize("inference_type", ["ON_DEMAND", "PROVISIONED"])
def test_models_are_filtered_by_inference_type(bedrock, inference_type):
    expected = [model.model_id for model in foundation_models("us-east-1") if inference_type in model.inference_types]
    assert ids(bedrock.list_foundation_models(byInferenceType=inference_type)) == expected != []


@pytest.mark.parametrize("customization", ["FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"])
def test_models_are_filtered_by_customization(bedrock, customization):
    expected = [model.model_id for model in foundation_models("us-east-1") if customization in model.customizations]
    assert ids(bedrock.list_foundation_models(byCustomizationType=customization)) == expected != []


def test_filters_narrow_each_other(bedrock):
    answer = bedrock.list_foundation_models(byProvider="amazon", byOutputModality="TEXT", byInferenceType="PROVISIONED")
    assert ids(answer) == [
        "amazon.nova-lite-v1:0:300k",
        "amazon.nova-pro-v1:0:300k",
        "amazon.titan-text-express-v1:0:8k",
    ]


@pytest.mark.parametrize(
    ("name", "value", "constraint"),
    [
        ("byOutputModality", "SMELL", "enum value set: [TEXT, IMAGE, EMBEDDING]"),
        ("byInferenceType", "INFERENCE_PROFILE", "enum value set: [ON_DEMAND, PROVISIONED]"),
        ("byProvider", "Z.AI", "regular expression pattern: [A-Za-z0-9- ]{1,63}"),
    ],
)
def test_a_filter_outside_the_service_model_is_refused_in_awss_words(bedrock, name, value, constraint):
    with pytest.raises(bedrock.exceptions.ValidationException) as raised:
        bedrock.list_foundation_models(**{name: value})
    assert raised.value.response["Error"]["Message"] == (
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must satisfy {constraint}"
    )


def test_all_broken_constraints_are_told_at_once(bedrock):
    with pytest.raises(bedrock.exceptions.ValidationException, match=r"2 validation errors detected: .*; .*"):
        bedrock.list_foundation_models(byOutputModality="SMELL", byInferenceType="GRATIS")


# --- GetFoundationModel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("identifier", [OPUS, OPUS_ARN])
def test_a_model_is_got_by_id_and_by_arn_as_it_is_listed(bedrock, identifier):
    (listed,) = (model for model in bedrock.list_foundation_models()["modelSummaries"] if model["modelId"] == OPUS)
    assert bedrock.get_foundation_model(modelIdentifier=identifier)["modelDetails"] == listed


@pytest.mark.parametrize(
    "identifier",
    ["anthropic.claude-1", "amazon.titan-none-v9:0", OPUS_ARN.replace("us-east-1", "eu-west-1")],
)
def test_an_unknown_model_is_not_found(bedrock, identifier):
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException) as raised:
        bedrock.get_foundation_model(modelIdentifier=identifier)
    assert refusal(raised) == (
        404,
        "ResourceNotFoundException",
        "ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.bedrock/",
    )


def test_an_identifier_that_cannot_be_one_is_refused(bedrock):
    with pytest.raises(bedrock.exceptions.ValidationException) as raised:
        bedrock.get_foundation_model(modelIdentifier="claude")
    assert refusal(raised)[:2] == (400, "ValidationException")


# --- inference profiles ----------------------------------------------------------------------------------------------


def test_list_inference_profiles_lists_what_the_account_can_call_from_the_region(client_of):
    for region in ("us-east-1", "ap-southeast-2", "us-gov-east-1"):
        answer = client_of("bedrock", region).list_inference_profiles()
        assert profile_ids(answer) == [listed.profile_id for listed in inference_profiles(region, "123456789012")]
        assert "nextToken" not in answer


def test_an_inference_profile_is_told_with_every_member_that_bedrock_tells(bedrock):
    answer = bedrock.get_inference_profile(inferenceProfileIdentifier=PROFILE)
    del answer["ResponseMetadata"]
    assert answer == {
        "inferenceProfileName": "US Anthropic Claude Opus 5",
        "description": "Routes requests to Anthropic Claude Opus 5 in us-east-1, us-east-2 and us-west-2.",
        "createdAt": datetime(2026, 7, 24, tzinfo=UTC),
        "updatedAt": datetime(2026, 7, 24, tzinfo=UTC),
        "inferenceProfileArn": PROFILE_ARN,
        "models": [
            {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{OPUS}"}
            for region in ("us-east-1", "us-east-2", "us-west-2")
        ],
        "inferenceProfileId": PROFILE,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }


def test_a_profile_is_got_by_id_and_by_arn_as_it_is_listed(bedrock):
    listed = next(
        profile
        for profile in bedrock.list_inference_profiles()["inferenceProfileSummaries"]
        if profile["inferenceProfileId"] == PROFILE
    )
    for identifier in (PROFILE, PROFILE_ARN):
        answer = bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)
        del answer["ResponseMetadata"]
        assert answer == listed


@pytest.mark.parametrize("page_size", [5, 65, 66, 1000])
def test_pages_of_any_size_add_up_to_the_whole(bedrock, page_size):
    whole = profile_ids(bedrock.list_inference_profiles())
    paginator = bedrock.get_paginator("list_inference_profiles")
    pages = [profile_ids(page) for page in paginator.paginate(PaginationConfig={"PageSize": page_size})]
    assert [profile_id for page in pages for profile_id in page] == whole
    assert {len(page) for page in pages[:-1]} <= {page_size}


@pytest.mark.parametrize("token", ["made-up", "LTE=", "OTk5OQ=="])
def test_a_token_that_no_page_gave_is_refused(bedrock, token):
    with pytest.raises(bedrock.exceptions.ValidationException, match="nextToken is invalid"):
        bedrock.list_inference_profiles(nextToken=token)


@pytest.mark.parametrize("identifier", ["us.anthropic.claude-1", "eu.anthropic.claude-opus-5", "abcdefghijkl"])
def test_a_profile_that_the_region_does_not_have_is_not_found(bedrock, identifier):
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException) as raised:
        bedrock.get_inference_profile(inferenceProfileIdentifier=identifier)
    assert refusal(raised)[:2] == (404, "ResourceNotFoundException")


@pytest.mark.parametrize(
    ("source", "destinations"),
    [
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", 1),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-pro-v1:0", 3),
    ],
)
def test_an_application_profile_copies_a_model_or_a_system_defined_profile(bedrock, source, destinations):
    created = bedrock.create_inference_profile(
        inferenceProfileName="billing team", description="Their costs", modelSource={"copyFrom": source}
    )
    arn = created["inferenceProfileArn"]
    assert (created["status"], created["ResponseMetadata"]["HTTPStatusCode"]) == ("ACTIVE", 201)
    (listed,) = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert arn == f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{listed['inferenceProfileId']}"
    assert (listed["inferenceProfileName"], listed["description"]) == ("billing team", "Their costs")
    assert (listed["type"], listed["inferenceProfileArn"]) == ("APPLICATION", arn)
    assert [model["modelArn"].rsplit("/")[-1] for model in listed["models"]] == ["amazon.nova-pro-v1:0"] * destinations


def test_profiles_are_filtered_by_type(bedrock):
    bedrock.create_inference_profile(inferenceProfileName="mine", modelSource={"copyFrom": PROFILE_ARN})
    both = bedrock.list_inference_profiles()["inferenceProfileSummaries"]
    system = bedrock.list_inference_profiles(typeEquals="SYSTEM_DEFINED")["inferenceProfileSummaries"]
    application = bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"]
    assert (both, len(application)) == (system + application, 1)


def test_a_deleted_profile_is_gone_with_its_tags(bedrock):
    tags = [{"key": "team", "value": "billing"}]
    arn = bedrock.create_inference_profile(
        inferenceProfileName="mine", modelSource={"copyFrom": PROFILE_ARN}, tags=tags
    )["inferenceProfileArn"]
    assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == tags
    bedrock.delete_inference_profile(inferenceProfileIdentifier=arn)
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_inference_profile(inferenceProfileIdentifier=arn)
    with pytest.raises(ClientError, match="not found"):
        bedrock.list_tags_for_resource(resourceARN=arn)


def test_a_system_defined_profile_is_not_the_accounts_to_delete(bedrock):
    with pytest.raises(bedrock.exceptions.ValidationException, match="cannot be deleted"):
        bedrock.delete_inference_profile(inferenceProfileIdentifier=PROFILE)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({"copyFrom": "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-1"}, "ResourceNotFoundException"),
        ({"copyFrom": PROFILE_ARN.replace("us.", "eu.")}, "ResourceNotFoundException"),
        ({"copyFrom": "not an ARN"}, "ValidationException"),
    ],
)
def test_a_profile_of_nothing_is_not_created(bedrock, source, error):
    with pytest.raises(ClientError) as raised:
        bedrock.create_inference_profile(inferenceProfileName="mine", modelSource=source)
    assert raised.value.response["Error"]["Code"] == error
    assert profile_ids(bedrock.list_inference_profiles(typeEquals="APPLICATION")) == []


def test_application_profiles_stay_in_their_region(bedrock, client_of):
    bedrock.create_inference_profile(inferenceProfileName="mine", modelSource={"copyFrom": PROFILE_ARN})
    assert profile_ids(client_of("bedrock", "us-west-2").list_inference_profiles(typeEquals="APPLICATION")) == []


# --- the wire --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("ListFoundationModels", {}),
        ("GetFoundationModel", {"modelIdentifier": "anthropic.claude-sonnet-4-20250514-v1:0"}),
        ("ListInferenceProfiles", {"maxResults": 3}),
        ("GetInferenceProfile", {"inferenceProfileIdentifier": PROFILE}),
        (
            "CreateInferenceProfile",
            {"inferenceProfileName": "a", "description": "b", "modelSource": {"copyFrom": PROFILE_ARN}},
        ),
    ],
)
def test_no_answer_has_a_member_that_the_service_model_does_not_know(bedrock, bodies, operation, arguments):
    getattr(bedrock, botocore.xform_name(operation))(**arguments)
    (body,) = bodies
    assert body
    assert list(unknown_members(body, SERVICE.operation_model(operation).output_shape)) == []


def test_an_error_body_is_a_message_alone(bedrock, bodies):
    with pytest.raises(bedrock.exceptions.ResourceNotFoundException):
        bedrock.get_foundation_model(modelIdentifier="anthropic.claude-1")
    assert bodies == [{"message": "Could not resolve the foundation model from the provided model identifier."}]


def test_what_moto_already_had_still_answers(bedrock):
    assert bedrock.list_custom_models()["modelSummaries"] == []
    bedrock.put_model_invocation_logging_configuration(loggingConfig={"textDataDeliveryEnabled": True})
    logging = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert logging == {"textDataDeliveryEnabled": True}
