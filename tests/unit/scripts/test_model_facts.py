"""How LiteLLM's table becomes the facts file."""

from scripts.model_facts.prices import prices
from scripts.model_facts.table import facts_file

RUNTIME = {"litellm_provider": "bedrock_converse", "mode": "chat", "max_input_tokens": 1000, "max_output_tokens": 100}


def models_of(table, *rules):
    return facts_file(table, {"rule": list(rules)}, {"rule": []}, version="1.0.0")["models"]


def facts_of(entry, *rules):
    return models_of({"acme.one": RUNTIME | entry}, *rules)["acme.one"]


def test_prices_are_for_a_million_tokens_without_binary_noise():
    entry = {"input_cost_per_token": 1.1000000000000001e-06, "output_cost_per_token": 5.5e-06}
    assert prices(entry) == [{"input": 1.1, "output": 5.5}]


def test_tiers_and_thresholds_are_rules_of_their_own():
    entry = {
        "input_cost_per_token": 3e-6,
        "output_cost_per_token": 15e-6,
        "cache_creation_input_token_cost": 3.75e-6,
        "cache_creation_input_token_cost_above_1hr": 6e-6,
        "input_cost_per_token_above_200k_tokens": 6e-6,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 12e-6,
        "output_cost_per_token_flex": 7e-6,
        "input_cost_per_token_batches": 1e-6,
    }
    assert prices(entry) == [
        {"input": 3.0, "output": 15.0, "cache_write": 3.75, "cache_write_1h": 6.0},
        {
            "input": 6.0,
            "output": 15.0,
            "cache_write": 3.75,
            "cache_write_1h": 12.0,
            "above_input_tokens": 200_000,
        },
        {"input": 1.0, "tier": "batch"},
        {"output": 7.0, "tier": "flex"},
    ]


def test_what_is_free_or_paid_by_the_hour_has_no_price():
    assert prices({"input_cost_per_token": 0, "output_cost_per_second": 0.01}) == []


def test_only_bedrocks_models_that_are_paid_by_token_are_taken():
    table = {
        "acme.one": RUNTIME,
        "acme.embed": RUNTIME | {"mode": "embedding", "input_cost_per_token": 1e-7},
        "acme.embed-image": RUNTIME | {"mode": "embedding", "input_cost_per_token": 1e-7, "input_cost_per_image": 6e-5},
        "acme.paint": RUNTIME | {"mode": "image_generation"},
        "gpt-5": RUNTIME | {"litellm_provider": "openai"},
        "bedrock/us-east-1/1-month-commitment/acme.two": RUNTIME,
        "bedrock/invoke/acme.three": RUNTIME,
        "acme.four@20250101": RUNTIME,
        "nameless": RUNTIME,
    }
    assert list(models_of(table)) == ["acme.embed", "acme.one"]


def test_the_places_of_a_model_are_one_entry_with_a_price_for_each_that_differs():
    cheap, dear = ({"input_cost_per_token": cost} for cost in (1e-6, 2e-6))
    table = {
        "acme.one": RUNTIME | cheap,
        "eu.acme.one": RUNTIME | dear,
        "global.acme.one": RUNTIME | cheap,
        "bedrock/us-gov-west-1/acme.one": RUNTIME | dear,
        "bedrock/us-east-1/acme.one": RUNTIME | cheap,
    }
    assert models_of(table)["acme.one"]["prices"] == {
        "": [{"input": 1.0}],
        "eu.": [{"input": 2.0}],
        "global.": [{"input": 1.0}],
        "us-gov-west-1/": [{"input": 2.0}],
    }


def test_a_model_that_is_only_reached_through_profiles_has_an_entry():
    table = {"us.acme.one": RUNTIME | {"max_input_tokens": 5}, "global.acme.one": RUNTIME}
    assert models_of(table)["acme.one"]["context_window"] == 1000


def test_only_mantles_own_models_are_named_as_such():
    mantle = RUNTIME | {"litellm_provider": "bedrock_mantle"}
    table = {"acme.one": RUNTIME, "bedrock_mantle/acme.one": mantle, "bedrock_mantle/us-gov-west-1/acme.two": mantle}
    assert facts_file(table, {"rule": []}, {"rule": []}, version="1")["mantle_only"] == ["acme.two"]


def test_what_is_false_is_refused_and_what_is_true_is_supported():
    entry = {"supports_sampling_params": False, "supports_assistant_prefill": True, "supports_pdf_input": True}
    facts = facts_of(entry)
    assert (facts["refuses"], facts["supports"]) == (["temperature", "top_p", "top_k"], ["document_input"])


def test_the_supplement_comes_on_top():
    entry = {"supports_reasoning": True, "supports_sampling_params": False}
    rule = {"models": ["acme.*"], "reasoning": {"asked_by": "x"}, "refuses": ["top_p", "stop_sequences"]}
    facts = facts_of(entry, rule, {"models": ["other.*"], "listed": False})
    assert facts["reasoning"] == {"asked_by": "x"}
    assert facts["refuses"] == ["temperature", "top_p", "top_k", "stop_sequences"]
    assert "listed" not in facts


def test_a_makers_dated_name_is_an_alias():
    claude = RUNTIME | {"litellm_provider": "anthropic"}
    table = {"acme.one-5": RUNTIME, "one-5": claude, "one-5-20260101": claude, "other-20260101": claude}
    assert models_of(table)["acme.one-5"]["aliases"] == ["one-5-20260101"]
