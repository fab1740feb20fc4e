import pytest
from sluice.model_ids import (
    model_of_arn,
    profile_prefix,
    region_of_arn,
    short_names,
    without_first_revision,
    without_prefix,
)


@pytest.mark.parametrize(
    ("model_id", "prefix", "base"),
    [
        ("eu.anthropic.claude-opus-5", "eu", "anthropic.claude-opus-5"),
        ("us-gov.xai.grok-4.6", "us-gov", "xai.grok-4.6"),
        ("GLOBAL.amazon.nova-2-lite-v1:0", "global", "amazon.nova-2-lite-v1:0"),
        ("in.moonshotai.kimi-k3", "in", "moonshotai.kimi-k3"),
        ("deepseek.v3.2", "", "deepseek.v3.2"),
        ("anthropic.claude-opus-5", "", "anthropic.claude-opus-5"),
        ("useful.model", "", "useful.model"),
    ],
)
def test_a_profiles_id_is_its_geography_and_its_model(model_id, prefix, base):
    assert (profile_prefix(model_id), without_prefix(model_id)) == (prefix, base)


@pytest.mark.parametrize(
    ("model_id", "names"),
    [
        ("anthropic.claude-opus-4-5-20251101-v1:0", ("claude-opus-4-5-20251101", "claude-opus-4-5")),
        ("anthropic.claude-opus-4-6-v1", ("claude-opus-4-6",)),
        ("eu.anthropic.claude-opus-5", ("claude-opus-5",)),
        ("anthropic.claude-3-haiku-20240307-v1:0:48k", ("claude-3-haiku-20240307", "claude-3-haiku")),
        ("deepseek.v3.2", ("v3.2",)),
        ("claude-opus-5", ()),
    ],
)
def test_short_names_are_the_makers_own(model_id, names):
    assert short_names(model_id) == names


def test_only_the_first_revision_may_be_left_out():
    assert without_first_revision("amazon.nova-pro-v1:0") == "amazon.nova-pro-v1"
    assert without_first_revision("amazon.nova-pro-v1:1") == "amazon.nova-pro-v1:1"


@pytest.mark.parametrize(
    ("arn", "region", "model_id"),
    [
        ("arn:aws:bedrock:eu-west-1::foundation-model/a.b:0", "eu-west-1", "a.b:0"),
        ("arn:aws:bedrock:::foundation-model/a.b", "", "a.b"),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.a.b", "eu-west-1", ""),
        ("nonsense", "", ""),
    ],
)
def test_arns_are_read(arn, region, model_id):
    assert (region_of_arn(arn), model_of_arn(arn)) == (region, model_id)
