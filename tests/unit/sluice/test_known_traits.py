import re
from copy import replace
from pathlib import Path

import pytest
from sluice.described import described
from sluice.known_traits import traits_of, traits_of_row
from sluice.model_facts import trait_rules
from sluice.model_row import ModelRow, PromptCaching, Reasoning
from sluice.traits import EFFORTS, UNKNOWN_MODEL, ModelTraits
from sluice_local.bedrock_control.catalog import foundation_models
from sluice_local.bedrock_runtime.checks.abilities import abilities_of

PROJECT = Path(__file__).parents[3]
SOURCES = [path for part in ("functions", "layers", "cli") for path in (PROJECT / part).rglob("*.py")]


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


@pytest.mark.parametrize("model_id", every_model())
def test_a_row_of_the_catalog_gives_the_same_traits_as_the_models_name(model_id):
    assert traits_of_row(row_of(model_id)) == traits_of(model_id)


def row_of(model_id, **changes):
    row = ModelRow(model_id, "foundation-model", "us-east-1", model_id, "P", base_model_id=model_id)
    return replace(described(row).row, **changes)


def test_an_application_profile_has_the_traits_of_its_model():
    row = replace(
        row_of("anthropic.claude-opus-4-8"), model_id="arn:aws:bedrock:us-east-1:1:application-inference-profile/a"
    )
    assert traits_of_row(row) == traits_of("anthropic.claude-opus-4-8")


def test_a_model_that_the_operator_says_does_not_reason_is_not_asked_to():
    assert traits_of_row(row_of("anthropic.claude-opus-4-8")).reasoning == "adaptive"
    assert traits_of_row(row_of("anthropic.claude-opus-4-8", reasoning=None)).reasoning == "none"


@pytest.mark.parametrize(
    ("model_id", "reasoning"),
    [("acme.giant-1", "any"), ("amazon.nova-lite-v1:0", "any"), ("openai.gpt-6-sol", "effort")],
)
def test_a_model_that_the_operator_says_reasons_is_asked_as_its_family_or_as_the_client_likes(model_id, reasoning):
    row = row_of(model_id, reasoning=Reasoning(), manual=True)
    assert traits_of_row(replace(row, assumed=())).reasoning == reasoning


@pytest.mark.parametrize(
    ("word", "trait", "value"),
    [
        ("temperature", "sampling", "fixed"),
        ("temperature_with_top_p", "sampling", "one_of"),
        ("top_k", "top_k", ()),
        ("stop_sequences", "stop_sequences", False),
        ("assistant_prefill", "prefill", False),
        ("forced_tool_use", "tool_choices", {"auto"}),
        ("strict_tools", "strict_tools", False),
        ("system", "system", False),
        ("tool_result_images", "tool_result_images", False),
        ("cache_points_in_tools", "cache_tools", False),
        ("regex_lookaround", "regex_lookaround", False),
    ],
)
def test_what_a_row_says_is_refused_is_not_sent(word, trait, value):
    row = row_of("acme.giant-1", refuses=(word,), assumed=())
    assert getattr(UNKNOWN_MODEL, trait) != value
    assert getattr(traits_of_row(row), trait) == value


def test_what_a_row_only_assumes_does_not_count():
    assert traits_of_row(row_of("acme.giant-1")) == UNKNOWN_MODEL
    assert traits_of_row(row_of("anthropic.claude-of-tomorrow")) == traits_of("anthropic.claude-of-tomorrow")


def test_cache_points_are_what_the_row_says():
    row = row_of("anthropic.claude-opus-4-8", prompt_caching=PromptCaching(min_tokens=4096, ttls=("1h",)))
    traits = traits_of_row(row)
    assert (traits.cache_points, traits.cache_minimum, traits.cache_ttls) == (True, 4096, {"1h"})
    assert not traits_of_row(replace(row, prompt_caching=None)).cache_points


def test_a_way_of_asking_that_this_gateway_does_not_know_is_left_to_the_client():
    row = row_of("acme.giant-1", reasoning=Reasoning(asked_by="mind.power"), assumed=())
    assert traits_of_row(row).reasoning == "any"


def test_govcloud_takes_no_display_of_reasoning():
    assert traits_of_row(row_of("anthropic.claude-opus-4-8")).reasoning_display
    assert not traits_of_row(row_of("anthropic.claude-opus-4-8", region="us-gov-west-1")).reasoning_display
    assert not traits_of("us-gov.anthropic.claude-opus-4-8").reasoning_display


def test_the_rules_speak_of_traits_only():
    names = set(ModelTraits._fields) | {"more_betas"}
    assert {name for _, members in trait_rules() for name in members} <= names


def test_no_code_asks_for_a_models_name():
    asking = re.compile(r'"[^"]*claude[^"]*"\s+in\b|startswith\("[^"]*claude|[=!]=\s*"[^"]*claude', re.IGNORECASE)
    assert asking.search('if "claude" in model_id')
    assert len(SOURCES) > 100
    for path in SOURCES:
        assert not asking.search(path.read_text()), path
