"""The operator's definitions over what was discovered."""

import pytest
from catalog_refresh.config_file import ManualModel
from catalog_refresh.manual import merged
from catalog_refresh.options import DiscoveryOptions
from sluice.model_row import Price, Reasoning
from unit.catalog_refresh.listed import NOVA_ID, NOW, OPUS_ID, REGION, model, row_of, rows_of


def merge(*models, rows=()):
    return merged(rows, models, DiscoveryOptions(), REGION, NOW)


def changed(summary=None, **said):
    row = row_of(summary or model())
    return row, merge(ManualModel(row.model_id, **said), rows=[row])[0]


def test_what_the_operator_says_replaces_what_was_discovered_and_the_rest_stays():
    before, after = changed(name="Ours", context_window=5, max_tokens=6, input_modalities=("TEXT",))
    assert (after.name, after.context_window, after.max_output_tokens) == ("Ours", 5, 6)
    assert (after.input_modalities, after.prices, after.invoke_id) == (("TEXT",), before.prices, NOVA_ID)
    assert (before.manual, after.manual) == (False, True)


def test_what_the_operator_says_is_no_longer_assumed():
    _, after = changed(model("acme.one"), context_window=5)
    assert "context_window" not in after.assumed
    assert "max_output_tokens" in after.assumed


def test_ids_are_compared_without_case_in_every_region():
    rows = rows_of([model()])
    assert [row.name for row in merge(ManualModel(NOVA_ID.upper(), name="Ours"), rows=[*rows, *rows])] == [
        "Ours",
        "Ours",
    ]


def test_a_model_that_was_not_listed_is_listed_once_the_operator_names_it():
    _, after = changed(model(modelLifecycle={"status": "LEGACY"}), name="Ours")
    assert after.listed


@pytest.mark.parametrize(
    ("model_id", "said", "expected"),
    [
        (NOVA_ID, True, Reasoning()),
        (NOVA_ID, False, None),
        (OPUS_ID, True, row_of(model(OPUS_ID)).reasoning),
        (OPUS_ID, False, None),
        (OPUS_ID, None, row_of(model(OPUS_ID)).reasoning),
    ],
)
def test_that_a_model_reasons_does_not_say_how(model_id, said, expected):
    assert changed(model(model_id), reasoning=said)[1].reasoning == expected


def test_a_cost_replaces_the_prices():
    _, after = changed(cost={"input": 1, "output": 2, "cacheRead": 0.1, "cacheWrite": 0})
    assert after.prices == (Price(input=1, output=2, cache_read=0.1, cache_write=0),)


def test_a_cost_of_all_zeros_says_nothing():
    before, after = changed(cost={"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0})
    assert after.prices == before.prices != ()


def test_a_model_only_the_operator_knows_is_a_row_of_the_first_region():
    (row,) = merge(ManualModel("us.anthropic.claude-opus-5", name="Ours"))
    assert (row.kind, row.region, row.invoke_id) == ("manual", REGION, "us.anthropic.claude-opus-5")
    assert (row.base_model_id, row.provider, row.listed, row.manual) == (OPUS_ID, "anthropic", True, True)
    assert row.context_window == 1_000_000


def test_a_model_nobody_knows_has_the_defaults():
    (row,) = merge(ManualModel("acme.own"))
    assert (row.name, row.context_window, row.max_output_tokens) == ("acme.own", 32_000, 4_096)
