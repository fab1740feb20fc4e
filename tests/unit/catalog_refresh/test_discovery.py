"""Which models go into the catalog, and as what."""

import pytest
from catalog_refresh.discovery import Discovery, discovered_rows
from sluice.catalog import ModelRow

NOW = 1_700_000_000
HOUR = 3600
DAY = 24 * HOUR
DISCOVERY = Discovery(region="eu-west-1", started_at=NOW, refresh_interval=HOUR)
NOVA = {
    "modelArn": "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
    "modelId": "amazon.nova-pro-v1:0",
    "modelName": "Nova Pro",
    "providerName": "Amazon",
    "inputModalities": ["TEXT", "IMAGE", "VIDEO"],
    "outputModalities": ["TEXT"],
    "responseStreamingSupported": True,
    "modelLifecycle": {"status": "ACTIVE"},
}


def row_of(**changes):
    (row,) = discovered_rows(DISCOVERY, [NOVA | changes])
    return row


def without(name):
    return {key: value for key, value in NOVA.items() if key != name}


def test_a_model_becomes_a_row_with_openclaws_defaults():
    assert row_of() == ModelRow(
        model_id="amazon.nova-pro-v1:0",
        name="Nova Pro",
        provider="Amazon",
        region="eu-west-1",
        input_modalities=("TEXT", "IMAGE", "VIDEO"),
        output_modalities=("TEXT",),
        streaming=True,
        lifecycle="ACTIVE",
        context_window=32_000,
        max_output_tokens=4_096,
        discovered_at=NOW,
        stale_at=NOW + HOUR,
        expires_at=NOW + 7 * DAY,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"responseStreamingSupported": False},
        {"responseStreamingSupported": None},
        {"outputModalities": ["IMAGE"]},
        {"outputModalities": ["EMBEDDING"]},
        {"outputModalities": []},
        {"modelLifecycle": {"status": "LEGACY"}},
        {"modelLifecycle": {}},
        {"modelId": "  "},
    ],
)
def test_a_model_that_cannot_chat_is_left_out(change):
    assert discovered_rows(DISCOVERY, [NOVA | change]) == []


@pytest.mark.parametrize("name", ["responseStreamingSupported", "outputModalities", "modelLifecycle", "modelId"])
def test_what_bedrock_does_not_say_counts_as_no(name):
    assert discovered_rows(DISCOVERY, [without(name)]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"outputModalities": ["text"]},
        {"outputModalities": ["SPEECH", "Text"]},
        {"modelLifecycle": {"status": "active"}},
    ],
)
def test_bedrocks_words_are_compared_without_case(change):
    assert row_of(**change).lifecycle == "ACTIVE"


def test_ids_and_names_are_trimmed():
    row = row_of(modelId=" amazon.nova-pro-v1:0 ", modelName=" Nova Pro ", providerName=" Amazon ")
    assert (row.model_id, row.name, row.provider) == ("amazon.nova-pro-v1:0", "Nova Pro", "Amazon")


@pytest.mark.parametrize("blank", [{"modelName": " ", "providerName": " "}, {"modelName": "", "providerName": ""}])
def test_a_model_without_a_name_goes_by_its_id(blank):
    row = row_of(**blank)
    assert (row.name, row.provider) == ("amazon.nova-pro-v1:0", "amazon")


def test_a_model_that_does_not_say_what_it_reads_reads_text():
    (row,) = discovered_rows(DISCOVERY, [without("inputModalities")])
    assert row.input_modalities == ("TEXT",)


def test_an_id_that_is_listed_twice_is_one_row():
    rows = discovered_rows(DISCOVERY, [NOVA, NOVA | {"modelId": "a.b"}, NOVA | {"modelName": "Nova Pro again"}])
    assert [row.model_id for row in rows] == ["amazon.nova-pro-v1:0", "a.b"]


@pytest.mark.parametrize(
    ("interval", "stale_after", "expires_after"),
    [
        (0, 0, 7 * DAY),
        (HOUR, HOUR, 7 * DAY),
        (7 * DAY // 10, 7 * DAY // 10, 7 * DAY),
        (DAY, DAY, 10 * DAY),
    ],
)
def test_a_row_lives_for_seven_days_or_ten_intervals(interval, stale_after, expires_after):
    discovery = Discovery("eu-west-1", NOW, interval)
    assert (discovery.stale_at, discovery.expires_at) == (NOW + stale_after, NOW + expires_after)
