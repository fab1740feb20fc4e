"""Which models are shown, and how."""

import json
from copy import replace

import pytest
from sluice.catalog import Catalog, Times
from sluice.model_row import Lifecycle, ModelRow, Price, PromptCaching, Reasoning
from sluice_cli.model_listing import Filters, ago, as_json, as_table, selected, standing, tokens

NOW = 1_800_000_000
NOVA = ModelRow(
    model_id="amazon.nova-pro-v1:0",
    kind="foundation-model",
    region="us-east-1",
    name="Nova Pro",
    provider="Amazon",
    listed=True,
    aliases=("nova-pro",),
    input_modalities=("TEXT", "IMAGE"),
    context_window=300_000,
    max_output_tokens=10_000,
    prompt_caching=PromptCaching(),
    prices=(Price(input=0.8, output=3.2),),
)
KIMI = replace(
    NOVA,
    model_id="moonshot.kimi-k2",
    name="Kimi K2",
    provider="Moonshot AI",
    aliases=(),
    input_modalities=("TEXT",),
    context_window=32_000,
    max_output_tokens=4_096,
    tool_use=False,
    reasoning=Reasoning(),
    prompt_caching=None,
    structured_output=True,
    prices=(),
    assumed=("context_window", "max_output_tokens", "prices"),
)
ELSEWHERE = replace(NOVA, region="eu-west-1", prices=(Price(input=0.9, output=3.6),), assumed=("prices",))
EMBEDDING = replace(NOVA, model_id="amazon.titan-embed", name="Titan", aliases=(), listed=False)
LEGACY = replace(EMBEDDING, model_id="amazon.old", name="Old", lifecycle=Lifecycle("LEGACY"))
ENDED = replace(NOVA, model_id="amazon.ended", name="Ended", lifecycle=Lifecycle(end_of_life_at=NOW))
ROWS = (NOVA, ELSEWHERE, KIMI, EMBEDDING, LEGACY, ENDED)


def ids(**filters):
    return [row.model_id for row in selected(ROWS, Filters(**filters), NOW)]


def test_what_clients_lists_show_is_shown_once_each():
    assert ids() == ["amazon.nova-pro-v1:0", "moonshot.kimi-k2"]


def test_all_is_everything_of_every_region():
    assert ids(has_all=True) == [row.model_id for row in ROWS]


@pytest.mark.parametrize(
    "filters",
    [
        {"words": ("KIMI",)},
        {"words": ("kimi", "k2")},
        {"providers": ("moonshot ai", "nobody")},
        {"abilities": ("reasoning",)},
        {"abilities": ("reasoning", "json")},
    ],
)
def test_filters_narrow_the_list_without_regard_to_case(filters):
    assert ids(**filters) == ["moonshot.kimi-k2"]


@pytest.mark.parametrize(
    "filters", [{"words": ("nova-pro",)}, {"inputs": ("image",)}, {"abilities": ("tools", "caching")}]
)
def test_an_alias_an_input_and_an_ability_are_filters(filters):
    assert ids(**filters) == ["amazon.nova-pro-v1:0"]


def test_a_region_shows_its_own_row():
    (row,) = selected(ROWS, Filters(regions=("EU-west-1",)), NOW)
    assert row is ELSEWHERE


@pytest.mark.parametrize(
    "filters",
    [
        {"providers": ("moonshot",)},
        {"words": ("kimi", "nova")},
        {"inputs": ("video",)},
        {"abilities": ("caching", "json")},
    ],
)
def test_every_filter_must_let_a_model_pass(filters):
    assert ids(**filters) == []


def test_a_table_marks_what_nobody_vouches_for():
    assert as_table([NOVA, KIMI], has_all=False) == (
        "MODEL                 INPUT       CONTEXT  OUTPUT  CAN             $/M IN  $/M OUT  NAME\n"
        "amazon.nova-pro-v1:0  text,image  300k     10k     tools,caching   0.80    3.20     Nova Pro\n"
        "moonshot.kimi-k2      text        32k?     4096?   reasoning,json  -       -        Kimi K2"
    )


def test_a_table_has_the_region_where_there_are_several_and_the_state_where_all_are_shown():
    assert as_table([NOVA, ELSEWHERE], has_all=False).splitlines()[2].split() == [
        *("amazon.nova-pro-v1:0", "eu-west-1", "text,image", "300k", "10k", "tools,caching"),
        *("0.90?", "3.60?", "Nova", "Pro"),
    ]
    states = [line.split()[2] for line in as_table([NOVA, EMBEDDING, LEGACY], has_all=True).splitlines()]
    assert states == ["STATE", "listed", "unlisted", "legacy"]


@pytest.mark.parametrize(("price", "shown"), [(0.035, "0.035"), (1.375, "1.375"), (0.8, "0.80"), (3.0, "3.00")])
def test_a_price_has_its_cents_and_what_is_less_than_one(price, shown):
    priced = replace(NOVA, prices=(replace(NOVA.prices[0], input=price),))
    assert as_table([priced], has_all=False).splitlines()[1].split()[5] == shown


def test_a_model_that_can_nothing_has_a_dash():
    plain = replace(NOVA, tool_use=False, prompt_caching=None)
    assert as_table([plain], has_all=False).splitlines()[1].split()[4] == "-"


def test_json_has_everything_that_the_catalog_knows():
    (model,) = json.loads(as_json([NOVA]))
    assert model["model_id"] == "amazon.nova-pro-v1:0"
    assert model["prices"][0]["input"] == 0.8
    assert model["reasoning"] is None
    assert model.keys() == set(ModelRow._fields)


def test_json_of_no_models_is_an_empty_array():
    assert as_json([]) == "[]"


@pytest.mark.parametrize(
    ("count", "text"),
    [(200_000, "200k"), (1_000_000, "1M"), (1_500_000, "1.5M"), (131_072, "131072"), (4_096, "4096"), (0, "0")],
)
def test_tokens_are_written_short_where_nothing_is_lost(count, text):
    assert tokens(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7_199, "1 hour ago")),
        *((7_200, "2 hours ago"), (90_000, "1 day ago")),
    ],
)
def test_an_age_is_told_in_its_largest_unit(seconds, text):
    assert ago(seconds) == text


@pytest.mark.parametrize(
    ("interval", "failed_at", "told"),
    [
        (3_600, 0, "2 models, found 2 minutes ago."),
        (60, 0, "2 models, found 2 minutes ago. Stale: a refresh is due."),
        (0, 0, "2 models, found 2 minutes ago."),
        (3_600, NOW + 60, "2 models, found 2 minutes ago. Stale: the refresh of 1 minute ago failed."),
    ],
)
def test_a_list_says_how_old_it_is_and_whether_something_newer_should_be_there(interval, failed_at, told):
    assert standing(Catalog("1", Times(NOW, interval), (), failed_at=failed_at), 2, NOW + 120) == told


def test_one_model_is_one():
    assert standing(Catalog("1", Times(NOW, 3_600), ()), 1, NOW) == "1 model, found just now."
