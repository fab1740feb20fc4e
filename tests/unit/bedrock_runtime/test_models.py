import pytest
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles
from sluice_local.bedrock_runtime.errors import ServiceError
from sluice_local.bedrock_runtime.models import catalog_models, no_on_demand

ACCOUNT = "111122223333"
FIND = catalog_models("us-east-1", ACCOUNT)
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"


def test_every_model_and_profile_of_the_catalog_is_found():
    for known in foundation_models("us-east-1"):
        model = FIND(known.model_id)
        assert (model.base_id, model.name, model.streaming) == (known.model_id, known.name, known.streaming)
        assert model.on_demand == ("ON_DEMAND" in known.inference_types)
        assert FIND(known.arn).base_id == known.model_id
    for profile in inference_profiles("us-east-1", ACCOUNT):
        model = FIND(profile.profile_id)
        assert model.through_profile
        assert model.on_demand
        assert profile.profile_id.endswith(model.base_id)
        assert FIND(profile.arn).base_id == model.base_id


@pytest.mark.parametrize(
    "asked",
    [
        "no.such-model",
        "anthropic.claude",
        "mars.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}",
        "arn:aws:bedrock:us-east-1::foundation-model/no.such-model",
    ],
)
def test_what_is_not_in_the_region_s_catalog_is_no_model(asked):
    with pytest.raises(ServiceError) as caught:
        FIND(asked)
    assert (caught.value.status, caught.value.message) == (400, "The provided model identifier is invalid.")


def test_a_model_without_on_demand_throughput_says_so_in_aws_words():
    model = FIND(SONNET)
    assert not model.on_demand
    assert no_on_demand(model).message == (
        f"Invocation of model ID {SONNET} with on-demand throughput isn\N{RIGHT SINGLE QUOTATION MARK}t supported. "
        "Retry your request with the ID or ARN of an inference profile that contains this model."
    )


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:imported-model/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt-router/anthropic.claude:1",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/mine",
    ],
)
def test_what_only_an_account_knows_is_taken_on_trust(arn):
    assert FIND(arn).provider == "account"
