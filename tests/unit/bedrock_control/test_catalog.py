"""What the emulated control plane knows: real ids, in AWS's shapes, where AWS has them."""

import re
from itertools import pairwise

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles, partition_of

ACCOUNT = "123456789012"
REGIONS = [
    "us-east-1", "us-east-2", "us-west-2", "ca-central-1", "sa-east-1",
    "eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ap-southeast-4", "us-gov-east-1", "us-gov-west-1",
]  # fmt: skip
BEDROCK = ServiceModel(Loader().load_service_model("bedrock", "service-2"))


def model(model_id, region="us-east-1"):
    return next(model for model in foundation_models(region) if model.model_id == model_id)


def profile(profile_id, region="us-east-1"):
    return next(profile for profile in inference_profiles(region, ACCOUNT) if profile.profile_id == profile_id)


def pattern(shape_name):
    return BEDROCK.shape_for(shape_name).metadata["pattern"]


@pytest.mark.parametrize("region", REGIONS)
def test_ids_and_arns_have_the_form_that_bedrock_gives_them(region):
    for listed in foundation_models(region):
        assert re.fullmatch(pattern("BedrockModelId"), listed.model_id), listed.model_id
        assert re.fullmatch(pattern("FoundationModelArn"), listed.arn), listed.arn
    for listed in inference_profiles(region, ACCOUNT):
        assert re.fullmatch(pattern("InferenceProfileId"), listed.profile_id), listed.profile_id
        assert re.fullmatch(pattern("InferenceProfileArn"), listed.arn), listed.arn


@pytest.mark.parametrize("region", REGIONS)
def test_no_id_is_listed_twice_in_a_region(region):
    ids = [listed.model_id for listed in foundation_models(region)]
    ids += [listed.profile_id for listed in inference_profiles(region, ACCOUNT)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_offers_a_profile_exactly_for_the_models_that_say_so(region):
    through_profiles = {listed.profile_id.split(".", 1)[1] for listed in inference_profiles(region, ACCOUNT)}
    assert through_profiles == {
        listed.model_id for listed in foundation_models(region) if "INFERENCE_PROFILE" in listed.inference_types
    }


def test_a_region_without_bedrock_lists_nothing():
    assert list(foundation_models("mars-north-1")) == []
    assert list(inference_profiles("mars-north-1", ACCOUNT)) == []


def test_the_large_regions_list_some_sixty_models_and_as_many_profiles():
    assert 55 <= len(foundation_models("us-east-1")) <= 85
    assert 55 <= len(inference_profiles("us-east-1", ACCOUNT)) <= 85


def test_every_word_is_one_of_bedrocks():
    listed = {entry for region in REGIONS for entry in foundation_models(region)}
    modalities = {"TEXT", "IMAGE", "EMBEDDING", "VIDEO", "SPEECH", "AUDIO"}
    assert {word for entry in listed for word in (*entry.input_modalities, *entry.output_modalities)} == modalities
    types = {word for entry in listed for word in entry.inference_types}
    assert types == {"ON_DEMAND", "PROVISIONED", "INFERENCE_PROFILE"}
    customizations = {word for entry in listed for word in entry.customizations}
    assert customizations == set(BEDROCK.shape_for("ModelCustomization").enum)


def test_a_lifecycle_runs_forwards():
    for region in REGIONS:
        for listed in foundation_models(region):
            life = listed.lifecycle
            dates = [date for date in (life.launched, life.legacy, life.extended_access, life.end_of_life) if date]
            assert all(earlier < later for earlier, later in pairwise(dates)), listed.model_id
            assert (life.status == "LEGACY") == (life.end_of_life is not None), listed.model_id


def test_claude_sonnet_4_has_the_lifecycle_that_aws_published():
    life = model("anthropic.claude-sonnet-4-20250514-v1:0").lifecycle
    days = [str(date.date()) for date in (life.launched, life.legacy, life.extended_access, life.end_of_life)]
    assert (life.status, days) == ("LEGACY", ["2025-05-22", "2026-04-14", "2026-07-14", "2026-10-14"])


@pytest.mark.parametrize(
    ("model_id", "inference_types"),
    [
        ("amazon.nova-pro-v1:0", ("ON_DEMAND", "INFERENCE_PROFILE")),
        ("amazon.nova-pro-v1:0:300k", ("PROVISIONED",)),
        ("anthropic.claude-opus-5", ("INFERENCE_PROFILE",)),
        ("openai.gpt-oss-120b-1:0", ("ON_DEMAND",)),
    ],
)
def test_a_model_says_how_it_may_be_called(model_id, inference_types):
    assert model(model_id).inference_types == inference_types


def test_a_model_can_be_direct_in_one_region_and_behind_a_profile_in_another():
    assert model("amazon.nova-pro-v1:0", "us-west-2").inference_types == ("INFERENCE_PROFILE",)


def test_some_models_neither_stream_nor_speak():
    assert not model("amazon.titan-embed-text-v2:0").streaming
    assert model("amazon.nova-canvas-v1:0").output_modalities == ("IMAGE",)
    assert model("cohere.rerank-v3-5:0").output_modalities == ("TEXT",)
    assert not model("cohere.rerank-v3-5:0").streaming


def test_a_geographic_profile_routes_to_the_regions_of_its_geography():
    listed = profile("us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert listed.name == "US Anthropic Claude Sonnet 4.5"
    assert listed.description == "Routes requests to Anthropic Claude Sonnet 4.5 in us-east-1, us-east-2 and us-west-2."
    assert listed.arn == (
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    )
    assert listed.model_arns == tuple(
        f"arn:aws:bedrock:{region}::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0"
        for region in ("us-east-1", "us-east-2", "us-west-2")
    )


def test_a_global_profile_routes_to_an_arn_without_a_region_and_to_its_own():
    listed = profile("global.anthropic.claude-opus-4-6-v1", "eu-west-1")
    assert listed.description.endswith("globally across all supported AWS Regions.")
    assert listed.model_arns == (
        "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-6-v1",
        "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-4-6-v1",
    )


def test_amazons_own_models_go_without_their_provider_in_a_profiles_name():
    assert profile("apac.amazon.nova-micro-v1:0", "ap-south-1").name == "APAC Nova Micro"
    assert profile("us.deepseek.r1-v1:0").name == "US DeepSeek-R1"


@pytest.mark.parametrize(
    ("region", "prefixes"),
    [
        ("us-west-2", {"us", "global"}),
        ("eu-central-1", {"eu", "global"}),
        ("ap-northeast-1", {"apac", "jp", "global"}),
        ("ap-southeast-2", {"apac", "au", "global"}),
        ("ap-southeast-4", {"au", "global"}),
        ("sa-east-1", {"global"}),
        ("us-gov-west-1", {"us-gov"}),
    ],
)
def test_a_region_offers_the_geographies_it_lies_in(region, prefixes):
    assert {listed.profile_id.split(".")[0] for listed in inference_profiles(region, ACCOUNT)} == prefixes


def test_govcloud_is_a_partition_of_its_own():
    listed = profile("us-gov.anthropic.claude-opus-4-8", "us-gov-east-1")
    assert listed.arn.startswith("arn:aws-us-gov:bedrock:us-gov-east-1:123456789012:inference-profile/us-gov.")
    assert all(arn.startswith("arn:aws-us-gov:bedrock:us-gov-") for arn in listed.model_arns)


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
)
def test_a_region_belongs_to_a_partition(region, partition):
    assert partition_of(region) == partition
