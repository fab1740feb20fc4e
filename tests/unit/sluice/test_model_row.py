"""A row's JSON form, and its prices."""

import json
from copy import replace

import pytest
from sluice.model_row import (
    Lifecycle,
    ModelRow,
    Price,
    PromptCaching,
    Reasoning,
    row_to_json,
    rows_from_json,
    rows_to_json,
)

PLAIN = ModelRow(model_id="a.b", kind="manual", region="r", name="B", provider="a")
FULL = ModelRow(
    model_id="a.b",
    kind="foundation-model",
    region="eu-west-1",
    name="B",
    provider="a",
    arn="arn",
    base_model_id="a.b",
    invoke_id="eu.a.b",
    on_demand=True,
    profile_ids=("eu.a.b", "global.a.b"),
    destinations=("eu-west-1", "*"),
    aliases=("b",),
    listed=True,
    input_modalities=("TEXT", "IMAGE"),
    output_modalities=("TEXT", "SPEECH"),
    streaming=False,
    tool_use=False,
    reasoning=Reasoning("thinking.adaptive", ("low", "high"), takes_budget=True, always_on=True),
    prompt_caching=PromptCaching(1024, ("5m", "1h")),
    structured_output=True,
    context_window=1,
    max_output_tokens=2,
    prices=(Price(1, 2, 0.1, 1.5, 2.5), Price(3, 4, tier="flex", above_input_tokens=200_000)),
    lifecycle=Lifecycle("LEGACY", 1, 2, 3, 4),
    refuses=("temperature",),
    supports=("count_tokens",),
    assumed=("prices",),
    manual=True,
    discovered_at=7,
    inference_types=("ON_DEMAND",),
    customizations=("FINE_TUNING",),
    description="About it",
    created_at=8,
    updated_at=9,
)


@pytest.mark.parametrize(
    "row",
    [PLAIN, FULL, replace(PLAIN, reasoning=Reasoning(), prompt_caching=PromptCaching())],
    ids=["plain", "full", "plain reasoning"],
)
def test_a_row_survives_json(row):
    assert rows_from_json(json.loads(json.dumps(rows_to_json([row])))) == (row,)


def test_the_full_row_of_that_test_leaves_nothing_at_its_default():
    assert row_to_json(FULL).keys() == set(ModelRow._fields)


@pytest.mark.parametrize(("ends_at", "has_ended"), [(0, False), (11, False), (10, True), (9, True)])
def test_a_models_life_ends_at_a_date(ends_at, has_ended):
    assert Lifecycle("LEGACY", end_of_life_at=ends_at).has_ended(10) is has_ended


def test_defaults_are_not_written():
    assert row_to_json(PLAIN) == {"model_id": "a.b", "kind": "manual", "region": "r", "name": "B", "provider": "a"}


@pytest.mark.parametrize(
    ("tier", "tokens", "price"),
    [
        ("default", 0, 1),
        ("default", 200_000, 1),
        ("default", 200_001, 2),
        ("flex", 200_000, 3),
    ],
)
def test_the_price_is_the_tiers_above_the_highest_threshold_that_is_passed(tier, tokens, price):
    rules = (Price(input=1), Price(input=2, above_input_tokens=200_000), Price(input=3, tier="flex"))
    row = ModelRow(model_id="a.b", kind="manual", region="r", name="B", provider="a", prices=rules)
    assert row.price(tier, tokens).input == price


@pytest.mark.parametrize(("tier", "tokens"), [("priority", 0), ("priority", 300_000), ("flex", 200_001)])
def test_no_tier_is_priced_as_another_nor_above_a_threshold_as_below_it(tier, tokens):
    rules = (Price(input=1), Price(input=2, above_input_tokens=200_000), Price(input=3, tier="flex"))
    row = ModelRow(model_id="a.b", kind="manual", region="r", name="B", provider="a", prices=rules)
    assert row.price(tier, tokens) is None


def test_a_row_without_prices_has_none():
    assert PLAIN.price() is None


def test_rows_survive_together_and_share_what_they_have_in_common():
    rows = (FULL, PLAIN, replace(FULL, model_id="a.c"), replace(FULL, model_id="a.d", prices=(Price(9),)))
    value = json.loads(json.dumps(rows_to_json(rows)))
    found = rows_from_json(value)
    assert found == rows
    assert found[0].prices is found[2].prices is not found[3].prices
    assert len(value["shared"]["prices"]) == 2


def test_a_reader_of_many_rows_drops_what_a_newer_writer_added():
    value = rows_to_json((FULL,))
    value["shared"]["invented"] = [[1]]
    value["rows"][0]["invented"] = 0
    assert rows_from_json(value) == (FULL,)
