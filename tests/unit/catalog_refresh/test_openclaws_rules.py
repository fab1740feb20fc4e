"""OpenClaw's rules of discovery (`models.bedrockDiscovery`), one test each; what differs on purpose says so."""

import pytest
from catalog_refresh.assembly import assembled, discovered_rows
from catalog_refresh.config_file import ConfigFile, read_config
from catalog_refresh.credentials import credential_source, drop_blank_variables
from catalog_refresh.options import DiscoveryOptions, with_file_options
from catalog_refresh.order import collation_key, list_key
from catalog_refresh.planning import plan_of
from catalog_refresh.settings import Settings
from sluice.catalog import Catalog, Times
from unit.catalog_refresh.listed import (
    NOVA_ID,
    NOW,
    OPUS_ID,
    REGION,
    application_profile,
    listing,
    model,
    model_arn,
    profile,
    row_of,
    rows_of,
    without,
)

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}


def plan(*, file="{}", credentials=None, region=REGION, **options):
    settings = Settings(region, "catalog", "", DiscoveryOptions(**options))
    return plan_of(settings, read_config(file, "config"), lambda: credentials)


def discovery(text):
    return dict(read_config(text, "config").discovery)


# --- where the options stand, and what they mean (D1-D6) ---


def test_d1_the_six_options_are_read_from_models_bedrock_discovery():
    given = """{ models: { bedrockDiscovery: { enabled: false, region: "eu-west-1", providerFilter: ["anthropic"],
        refreshInterval: 60, defaultContextWindow: 1000, defaultMaxTokens: 100 } } }"""
    assert with_file_options(DiscoveryOptions(), discovery(given)) == DiscoveryOptions(
        False, ("eu-west-1",), ("anthropic",), 60, 1000, 100
    )


def test_d2_the_plugins_options_count_before_those_of_models_key_by_key():
    given = """{ models: { bedrockDiscovery: { region: "us-east-1", refreshInterval: 60 } },
        plugins: { entries: { "amazon-bedrock": { config: { discovery: { refreshInterval: 5 } } } } } }"""
    assert discovery(given) == {"region": "us-east-1", "refreshInterval": 5}


def test_d3_discovery_is_on_where_it_is_switched_on_or_left_open_with_credentials():
    on, off = "{models:{bedrockDiscovery:{enabled:true}}}", "{models:{bedrockDiscovery:{enabled:false}}}"
    assert plan(credentials="env: AWS_PROFILE").enabled
    assert not plan(credentials=None).enabled
    assert plan(file=on, credentials=None).enabled
    assert not plan(file=off, credentials="env: AWS_PROFILE").enabled


def test_d4_the_region_is_the_options_then_the_sdks():
    assert plan(file='{models:{bedrockDiscovery:{region:"us-west-2"}}}').regions == ("us-west-2",)
    assert plan(regions=("eu-north-1",)).regions == ("eu-north-1",)
    assert plan(region="us-east-1").regions == ("us-east-1",)


def test_the_functions_own_region_comes_first_among_several():
    regions = ("eu-west-1", "us-east-1", "eu-north-1")
    assert plan(regions=regions, region="us-east-1").regions == ("us-east-1", "eu-west-1", "eu-north-1")
    assert plan(regions=regions, region="ap-south-1").regions == regions


def test_d4_a_blank_region_is_none():
    assert plan(file='{models:{bedrockDiscovery:{region:"  "}}}', region="ap-south-1").regions == ("ap-south-1",)


def test_d5_a_listing_without_models_is_no_rows():
    assert discovered_rows([listing()], None, DiscoveryOptions(), Times(NOW, 3600)) == []


def test_d6_a_provider_with_an_empty_list_of_models_leaves_what_was_discovered():
    file = read_config('{models:{providers:{"amazon-bedrock":{baseUrl:"https://x",models:[]}}}}', "config")
    found = rows_of([model()])
    assert assembled(found, file.models, DiscoveryOptions(), REGION, NOW) == found


# --- which foundation models are listed, and as what (D9-D14) ---


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
    ],
)
def test_d9_what_cannot_chat_is_known_but_not_listed(change):
    # OpenClaw forgets it. Here a request may name it, and a listing of AWS's own shape shows it.
    assert not row_of(model(**change)).listed


@pytest.mark.parametrize("name", ["responseStreamingSupported", "outputModalities", "modelLifecycle"])
def test_d9_what_bedrock_does_not_say_counts_as_no(name):
    assert not row_of(without(model(), name)).listed


@pytest.mark.parametrize("summary", [model("  "), without(model(), "modelId")])
def test_d9_a_model_without_an_id_is_nothing(summary):
    assert rows_of([summary]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"outputModalities": ["text"]},
        {"outputModalities": ["SPEECH", "Text"]},
        {"modelLifecycle": {"status": "active"}},
    ],
)
def test_d9_bedrocks_words_are_compared_without_case(change):
    row = row_of(model(**change))
    assert (row.listed, row.lifecycle.status) == (True, "ACTIVE")


def test_d9_claude_mythos_preview_is_not_listed():
    assert not row_of(model("anthropic.claude-mythos-preview")).listed


def test_d9_a_model_that_cannot_be_invoked_is_not_listed():
    # OpenClaw lists it, and every request fails.
    row = row_of(model("amazon.nova-pro-v1:0:300k", inferenceTypesSupported=["PROVISIONED"]))
    assert (row.listed, row.invoke_id) == (False, "")


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ((), True),
        (("amazon",), True),
        ((" AMAZON ", "", "x"), True),
        (("amaz",), False),
        (("anthropic",), False),
    ],
)
def test_d10_the_filter_is_compared_with_the_whole_provider_name(wanted, kept):
    options = with_file_options(DiscoveryOptions(), {"providerFilter": list(wanted)})
    assert bool(rows_of([model()], options=options)) is kept


def test_d10_a_provider_of_two_words_is_named_by_both():
    kimi = model("moonshot.kimi-k2-thinking", providerName="Moonshot AI")
    for wanted, kept in (("moonshot ai", True), ("moonshot", False)):
        assert bool(rows_of([kimi], options=DiscoveryOptions(provider_filter=(wanted,)))) is kept


def test_d10_the_ids_first_word_is_the_provider_where_bedrock_names_none():
    options = DiscoveryOptions(provider_filter=("amazon",))
    assert rows_of([without(model(), "providerName")], options=options)[0].provider == "amazon"


def test_d11_ids_and_names_are_trimmed_and_a_model_without_a_name_goes_by_its_id():
    row = row_of(model(f" {NOVA_ID} ", modelName=" Nova Pro ", providerName=" Amazon "))
    assert (row.model_id, row.name, row.provider) == (NOVA_ID, "Nova Pro", "Amazon")
    assert row_of(model(modelName=" ")).name == NOVA_ID


def test_d11_a_model_that_does_not_say_what_it_reads_reads_text():
    assert row_of(without(model(), "inputModalities")).input_modalities == ("TEXT",)


def test_d11_modalities_keep_their_order_once_each():
    assert row_of(model(inputModalities=["IMAGE", "TEXT", "image"])).input_modalities == ("IMAGE", "TEXT")


@pytest.mark.parametrize(
    ("name", "reasons"), [("Some Reasoning Model", True), ("Deep THINKING", True), ("Plain", False)]
)
def test_d12_a_model_nobody_knows_reasons_if_its_name_says_so(name, reasons):
    row = row_of(model("acme.one", modelName=name))
    assert (row.reasoning is not None) is reasons
    assert "reasoning" in row.assumed


def test_d12_a_model_that_is_known_reasons_as_it_is_known_to():
    assert row_of(model(OPUS_ID)).reasoning.asked_by == "thinking.adaptive"


@pytest.mark.parametrize(
    ("model_id", "window"),
    [(NOVA_ID, 300_000), ("amazon.nova-pro-v1", 300_000), (OPUS_ID, 1_000_000), ("acme.one", 32_000)],
)
def test_d13_context_windows_are_known_with_or_without_the_first_revision(model_id, window):
    assert row_of(model(model_id)).context_window == window


def test_d13_a_profiles_context_window_is_its_models():
    row = rows_of((), [profile("jp." + OPUS_ID, base=OPUS_ID)])[0]
    assert row.context_window == 1_000_000


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, (32_000, 4_096)),
        ({"defaultContextWindow": 64_000.9, "defaultMaxTokens": 0}, (64_000, 4_096)),
        ({"defaultContextWindow": -1, "defaultMaxTokens": 0.5}, (32_000, 4_096)),
        ({"defaultContextWindow": 8_000, "defaultMaxTokens": 512}, (8_000, 512)),
    ],
)
def test_d14_defaults_are_rounded_down_and_counted_only_above_zero(given, limits):
    options = with_file_options(DiscoveryOptions(), given)
    row = row_of(model("acme.one"), options=options)
    assert (row.context_window, row.max_output_tokens) == limits
    assert {"context_window", "max_output_tokens"} <= set(row.assumed)


# --- inference profiles, order (D15-D18) ---


@pytest.mark.parametrize("summary", [profile("  "), profile(status="active"), profile(status="DELETED")])
def test_d15_a_profile_that_is_not_exactly_active_or_has_no_id_is_nothing(summary):
    assert rows_of((), [summary]) == []


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        (profile("eu." + OPUS_ID, base=OPUS_ID), True),
        (profile(), False),
        (profile("eu." + OPUS_ID, destinations=()), True),
        (application_profile(models=[]), False),
    ],
)
def test_d15_a_filter_looks_at_the_profiles_models(summary, kept):
    options = DiscoveryOptions(provider_filter=("anthropic",))
    assert bool(rows_of((), [summary], options)) is kept


def test_d15_a_profile_passes_the_filter_with_its_model():
    # OpenClaw compares `moonshotai` with `moonshot ai` and loses the profiles of a provider that it was told to take.
    base = "moonshotai.kimi-k2.5"
    kimi = model(base, providerName="Moonshot AI")
    options = DiscoveryOptions(provider_filter=("moonshot ai",))
    found = rows_of([kimi], [profile("us." + base, base=base)], options)
    assert [row.model_id for row in found] == [base, "us." + base]


def test_d16_a_profiles_model_is_the_first_of_its_arns():
    row = rows_of((), [profile("eu.something.else")])[0]
    assert row.base_model_id == NOVA_ID


def test_d16_a_system_profile_without_arns_has_its_models_id_in_its_own():
    row = rows_of((), [profile("EU." + NOVA_ID, destinations=())])[0]
    assert row.base_model_id == NOVA_ID
    assert rows_of((), [application_profile(models=[])])[0].base_model_id == ""


def test_d16_a_profile_inherits_from_its_model_without_case():
    base = model(NOVA_ID.upper(), inputModalities=["TEXT", "DOCUMENT"])
    (_, row) = rows_of([base], [profile()])
    assert (row.provider, row.input_modalities) == ("Amazon", ("TEXT", "DOCUMENT"))


def test_d16_a_profile_reasons_if_its_model_does_whatever_they_are_called():
    names = ("Deep Thinking", "Plain")
    models = [model(f"acme.{name.split()[-1].lower()}", modelName=name) for name in names]
    profiles = [
        profile("eu.acme.thinking", base="acme.thinking", inferenceProfileName="EU"),
        profile("eu.acme.plain", base="acme.plain", inferenceProfileName="EU reasoning"),
        profile("eu.acme.gone-thinking", base="acme.gone-thinking", inferenceProfileName="EU thinking"),
    ]
    rows = {row.model_id: row.reasoning is not None for row in rows_of(models, profiles)}
    assert rows == {
        "acme.thinking": True,
        "acme.plain": False,
        "eu.acme.thinking": True,
        "eu.acme.plain": False,
        "eu.acme.gone-thinking": False,
    }


def test_d16_a_profile_of_an_unknown_model_has_the_defaults_and_reads_text():
    row = rows_of((), [profile("eu.acme.one", base="acme.one")], DiscoveryOptions(default_context_window=8_000))[0]
    assert (row.context_window, row.max_output_tokens, row.input_modalities) == (8_000, 4_096, ("TEXT",))


def test_d16_application_profiles_are_included_and_nameless_ones_go_by_their_id():
    row = rows_of((), [application_profile(inferenceProfileName=" ")])[0]
    assert (row.kind, row.name, row.listed) == ("application-inference-profile", "abcdefghijkl", True)
    # Bedrock Runtime knows it by its ARN only.
    assert row.model_id == row.invoke_id == row.arn


def test_d16_the_profile_of_a_model_that_cannot_chat_is_not_listed():
    # OpenClaw lists the profiles of image and embedding models.
    rows = rows_of([model(outputModalities=["EMBEDDING"])], [profile()])
    assert [row.listed for row in rows] == [False, False]


def test_d16_the_profile_of_a_legacy_model_is_listed():
    rows = rows_of([model(modelLifecycle={"status": "LEGACY"})], [profile()])
    assert [row.listed for row in rows] == [False, True]


def test_d17_an_id_is_there_once_whatever_its_case_and_the_foundation_model_first():
    rows = rows_of([model(), model(NOVA_ID.upper(), modelName="again")], [profile(NOVA_ID)])
    assert [(row.kind, row.name) for row in rows] == [("foundation-model", "Nova Pro")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("alpha", "Zeta"),
        ("Claude 3 Haiku", "Claude 3.5"),
        ("Nova Pro", "Nova_Pro"),
        ("Nova_Pro", "Nova-Pro"),
        ("nova", "Nova"),
        ("Nova", "nova 2"),
        ("a9", "aa"),
        ("a-", "a1"),
        ("resume", "résumé"),
        ("résumé", "resumes"),
        ("%", "`"),
        ("`", "^"),
    ],
)
def test_d18_names_are_sorted_as_javascript_compares_them(first, second):
    assert collation_key(first) < collation_key(second)


def test_d18_global_profiles_come_first_and_equal_names_stay_as_they_were():
    named = [("b", "B"), ("GLOBAL.z", "Z"), ("a", "A"), ("c", "A"), ("global.y", "Y")]
    ordered = sorted(named, key=lambda pair: list_key(*pair))
    assert [model_id for model_id, _ in ordered] == ["global.y", "GLOBAL.z", "a", "c", "b"]


# --- the cache (D19-D21; D7, D8 and D20 are in tests/integration/catalog_refresh) ---


def test_d19_the_time_to_live_begins_with_the_start_of_the_call():
    catalog = Catalog("1", Times(NOW, 3600), ())
    assert not catalog.is_stale(NOW + 3599)
    assert catalog.is_stale(NOW + 3600)


@pytest.mark.parametrize(("given", "interval"), [(3600.9, 3600), (-5, 0), (0, 0), (0.5, 0)])
def test_d19_the_interval_is_whole_seconds_and_never_negative(given, interval):
    assert with_file_options(DiscoveryOptions(), {"refreshInterval": given}).refresh_interval == interval


def test_d19_an_interval_of_zero_is_stale_at_once():
    assert Catalog("1", Times(NOW, 0), ()).is_stale(NOW)


def test_d19_filters_that_mean_the_same_are_the_same():
    one, other = ({"providerFilter": given} for given in ([" X ", "x", ""], ["x"]))
    assert with_file_options(DiscoveryOptions(), one) == with_file_options(DiscoveryOptions(), other)


def test_d21_a_failed_refresh_makes_the_last_catalog_stale():
    assert Catalog("1", Times(NOW, 3600), (), failed_at=NOW + 1).is_stale(NOW + 2)


# --- credentials (C1-C4) ---


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"AWS_BEARER_TOKEN_BEDROCK": "t", **KEYS, "AWS_PROFILE": "p"}, "env: AWS_BEARER_TOKEN_BEDROCK"),
        ({**KEYS, "AWS_PROFILE": "p"}, "env: AWS_ACCESS_KEY_ID + AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_PROFILE": "p"}, "env: AWS_PROFILE"),
        ({"AWS_BEARER_TOKEN_BEDROCK": "  ", "AWS_PROFILE": "p"}, "env: AWS_PROFILE"),
    ],
)
def test_c1_and_c2_the_first_sign_of_credentials_names_them(environ, source):
    def no_chain():
        pytest.fail("the chain waits for a metadata service: it is asked last")

    assert credential_source(environ, no_chain) == source


def test_c1_an_instances_role_counts_without_a_profile_that_only_pretends():
    # OpenClaw looks at the variables only.
    assert credential_source({"AWS_PROFILE": " "}, lambda: True) == "aws-sdk default chain"


def test_c1_nothing_anywhere_is_no_credentials():
    assert credential_source({"AWS_ACCESS_KEY_ID": "AKIA"}, lambda: False) is None


def test_c3_blank_variables_are_unset_before_the_sdk_reads_them():
    environ = {"AWS_PROFILE": " ", "AWS_REGION": "eu-west-1", "PATH": ""}
    drop_blank_variables(environ)
    assert environ == {"AWS_REGION": "eu-west-1", "PATH": ""}


def test_c4_a_key_in_the_file_authenticates_nobody():
    file = read_config('{models:{providers:{"amazon-bedrock":{apiKey:"secret",models:[]}}}}', "config")
    assert file == ConfigFile()


def test_every_arn_of_a_profile_says_where_it_may_run():
    row = rows_of((), [profile(models=[{"modelArn": model_arn(NOVA_ID, "")}, {"modelArn": model_arn(NOVA_ID)}])])[0]
    assert row.destinations == ("*", REGION)
