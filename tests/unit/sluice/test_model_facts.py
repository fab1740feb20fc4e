"""The facts file: what it says of models that everybody knows, how it is found, and that it stays small."""

import re
from pathlib import Path

import orjson
import pytest
import sluice.model_facts
from sluice.model_facts import facts_of, served_by_mantle_only
from sluice_local.bedrock_control.catalog import foundation_models

FILE = Path(sluice.model_facts.__file__).with_name("model_facts.json")
CONTENTS = orjson.loads(FILE.read_bytes())
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
NOTICE = Path(__file__).parents[3] / "NOTICE"


def test_the_file_is_small_and_says_where_it_comes_from():
    assert FILE.stat().st_size < 150_000
    assert re.fullmatch(r"litellm \d+\.\d+\.\d+", CONTENTS["source"]["package"])
    assert CONTENTS["source"]["license"].startswith("MIT")
    assert CONTENTS["source"]["file"] in NOTICE.read_text()


@pytest.mark.parametrize("model_id", CONTENTS["models"])
def test_every_entry_can_be_read(model_id):
    facts = facts_of(model_id)
    assert all(price.input or price.output for rules in facts.prices.values() for price in rules)
    assert all(re.fullmatch(r"|[a-z-]+\.|[a-z0-9-]+/", place) for place in facts.prices)
    assert not (set(facts.refuses) & set(facts.supports))


@pytest.mark.parametrize(
    "name", [SONNET, SONNET.removesuffix(":0"), f"eu.{SONNET}", f"global.{SONNET.removesuffix(':0')}", f"ap.{SONNET}"]
)
def test_a_model_is_found_with_or_without_prefix_and_revision(name):
    assert facts_of(name) is facts_of(SONNET)


def test_an_unknown_model_has_no_facts():
    assert facts_of("acme.one") is None
    assert facts_of("") is None


@pytest.mark.parametrize(
    ("model_id", "region", "dollars"),
    [
        (SONNET, "us-east-1", 3.0),
        (f"eu.{SONNET}", "eu-west-1", 3.3),
        (f"global.{SONNET}", "eu-west-1", 3.0),
        (SONNET, "us-gov-west-1", 3.6),
    ],
)
def test_a_price_is_that_of_the_profile_or_the_region(model_id, region, dollars):
    assert facts_of(model_id).prices_of(model_id, region)[0].input == dollars


def test_a_profile_without_a_price_of_its_own_has_none():
    assert facts_of(SONNET).prices_of(f"ca.{SONNET}", "ca-central-1") == ()


APPLICATION = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123def456"


@pytest.mark.parametrize(
    ("invoke_id", "region", "destinations", "dollars"),
    [
        (f"ca.{SONNET}", "ca-central-1", ("ca-central-1",), 3.3),
        (APPLICATION, "eu-west-1", ("eu-west-1",), 3.0),
        (APPLICATION, "eu-west-1", ("eu-west-1", "eu-west-3"), 3.3),
        (APPLICATION, "eu-west-1", ("eu-west-1", "*"), 3.0),
        (APPLICATION, "us-gov-west-1", ("us-gov-west-1", "us-gov-east-1"), 3.6),
        (APPLICATION, "us-gov-west-1", ("us-gov-west-1",), 3.6),
    ],
)
def test_a_price_that_nobody_tells_is_the_dearest_of_what_comes_into_question(invoke_id, region, destinations, dollars):
    assert facts_of(SONNET).assumed_prices(invoke_id, region, destinations)[0].input == dollars


@pytest.mark.parametrize(
    ("model_id", "asked_by"),
    [
        ("anthropic.claude-opus-5", "thinking.adaptive"),
        (SONNET, "thinking.budget_tokens"),
        ("amazon.nova-2-lite-v1:0", "reasoningConfig.maxReasoningEffort"),
        ("openai.gpt-6-sol", "reasoning.effort"),
        ("openai.gpt-oss-120b-1:0", "reasoning_effort"),
        ("deepseek.r1-v1:0", ""),
    ],
)
def test_each_family_is_asked_to_reason_its_own_way(model_id, asked_by):
    assert facts_of(model_id).reasoning.asked_by == asked_by


@pytest.mark.parametrize(
    ("model_id", "efforts"),
    [
        ("anthropic.claude-opus-5", ("low", "medium", "high", "xhigh", "max")),
        ("anthropic.claude-sonnet-5", ("low", "medium", "high", "xhigh")),
        ("anthropic.claude-opus-4-6-v1", ("low", "medium", "high", "max")),
        ("anthropic.claude-opus-4-5-20251101-v1:0", ("low", "medium", "high")),
    ],
)
def test_efforts_end_at_the_models_ceiling(model_id, efforts):
    assert facts_of(model_id).reasoning.efforts == efforts


@pytest.mark.parametrize(
    ("model_id", "word"),
    [
        ("anthropic.claude-opus-5", "top_p"),
        ("anthropic.claude-opus-5", "assistant_prefill"),
        ("anthropic.claude-sonnet-5-5", "forced_tool_use"),
        (SONNET, "temperature_with_top_p"),
        ("amazon.nova-pro-v1:0", "cache_points_in_tools"),
        ("openai.gpt-6-sol", "stop_sequences"),
        ("moonshotai.kimi-k3", "regex_lookaround"),
    ],
)
def test_what_a_model_refuses_is_known(model_id, word):
    assert word in facts_of(model_id).refuses


@pytest.mark.parametrize(
    ("model_id", "minimum"),
    [
        ("anthropic.claude-opus-5", 512),
        ("anthropic.claude-sonnet-5", 1024),
        ("anthropic.claude-opus-4-7", 2048),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", 4096),
    ],
)
def test_the_least_prompt_worth_caching_is_known(model_id, minimum):
    assert facts_of(model_id).prompt_caching.min_tokens == minimum


def test_most_of_what_bedrock_lists_for_chats_is_known():
    listed = [
        model
        for model in foundation_models("us-east-1")
        if "TEXT" in model.output_modalities
        and model.lifecycle.status == "ACTIVE"
        and "PROVISIONED" not in model.inference_types
    ]
    unknown = [model.model_id for model in listed if facts_of(model.model_id) is None]
    assert len(unknown) < len(listed) / 10, unknown


def test_what_only_mantle_serves_has_no_facts_of_its_own():
    assert "openai.gpt-5.6-cyber" in served_by_mantle_only()
    assert not served_by_mantle_only() & CONTENTS["models"].keys()
