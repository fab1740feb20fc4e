import re
from pathlib import Path

import pytest
from sluice.known_traits import traits_of
from sluice.traits import EFFORTS, UNKNOWN_MODEL
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.checks.abilities import abilities_of

SOURCES = Path(__file__).parents[3] / "functions/gateway/gateway"


def every_model():
    models = [model.model_id for model in foundation_models("us-east-1") if "TEXT" in model.output_modalities]
    assert models
    return models


@pytest.mark.parametrize(
    "name",
    [
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ],
)
def test_a_model_has_the_same_traits_under_each_of_its_names(name):
    assert traits_of(name) == traits_of("anthropic.claude-sonnet-4-5")
    assert traits_of(name).cache_minimum == 1024


@pytest.mark.parametrize("name", ["acme.giant-1", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", ""])
def test_an_unknown_model_passes_everything_on(name):
    assert traits_of(name) == UNKNOWN_MODEL


@pytest.mark.parametrize("model_id", every_model())
def test_the_traits_agree_with_what_the_emulator_refuses(model_id):
    traits, abilities = traits_of(model_id), abilities_of(model_id)
    assert set(traits.efforts) <= {"none", *EFFORTS}
    if traits == UNKNOWN_MODEL:
        return
    assert traits.sampling == abilities.sampling or not abilities.is_claude
    assert traits.cache_minimum is None or abilities.cache_minimum is not None
    assert traits.stop_sequences <= abilities.stop_sequences
    assert traits.prefill <= abilities.prefill
    assert traits.fewest_tokens >= abilities.fewest_tokens
    assert traits.always_reasons >= (abilities.always_reasons and traits.thinks)
    if abilities.is_claude:
        assert traits.reasoning == abilities.reasoning
        assert traits.reasoning_history == "signed"


def test_no_code_asks_for_a_models_name():
    asking = re.compile(r'"[^"]*claude[^"]*"\s+in\b|startswith\("[^"]*claude|[=!]=\s*"[^"]*claude', re.IGNORECASE)
    assert asking.search('if "claude" in model_id')
    for path in SOURCES.rglob("*.py"):
        assert not asking.search(path.read_text()), path
