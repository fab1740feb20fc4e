"""What a region's lists become beyond OpenClaw's rules: what to invoke, from where, under which names."""

from datetime import UTC, datetime

import pytest
from catalog_refresh.aliases import with_aliases
from catalog_refresh.options import DiscoveryOptions
from sluice.model_row import Lifecycle
from unit.catalog_refresh.listed import (
    NOVA_ID,
    NOW,
    OPUS_ID,
    PRODUCT,
    REGION,
    application_profile,
    model,
    model_arn,
    profile,
    row_of,
    rows_of,
)

PROFILE_ONLY = {"inferenceTypesSupported": ["INFERENCE_PROFILE"]}
CUSTOM = f"{PRODUCT}:custom-model/amazon.nova-pro-v1:0/abc"
DEPLOYMENT = f"{PRODUCT}:custom-model-deployment/def"
PROVISIONED = f"{PRODUCT}:provisioned-model/ghi"


def only(kind, rows):
    (row,) = [row for row in rows if row.kind == kind]
    return row


# --- what to invoke from here ---


def test_a_model_with_on_demand_throughput_is_invoked_by_its_own_id():
    row = row_of(model(), profiles=[profile()])
    assert (row.invoke_id, row.on_demand, row.destinations) == (NOVA_ID, True, (REGION,))
    assert row.profile_ids == ("eu." + NOVA_ID,)


def test_a_model_without_it_is_invoked_through_its_first_profile():
    row = row_of(model(**PROFILE_ONLY), profiles=[profile()])
    assert (row.invoke_id, row.on_demand) == ("eu." + NOVA_ID, False)
    assert row.destinations == ("eu-west-1", "eu-central-1")


def test_profiles_are_preferred_from_the_narrowest_to_everywhere_and_the_accounts_own_last():
    profiles = [
        application_profile(),
        profile("global." + NOVA_ID, ("", REGION)),
        profile("apac." + NOVA_ID, ("a", "b", "c")),
        profile("jp." + NOVA_ID, ("a", "b")),
    ]
    row = row_of(model(**PROFILE_ONLY), profiles=profiles)
    own = f"{PRODUCT}:application-inference-profile/abcdefghijkl"
    assert row.profile_ids == ("jp." + NOVA_ID, "apac." + NOVA_ID, "global." + NOVA_ID, own)


def test_a_row_says_where_its_model_stands_in_its_life():
    row = row_of(model())
    assert row.lifecycle == Lifecycle("ACTIVE", started_at=1_733_184_000)
    assert row.discovered_at == NOW


def test_a_row_keeps_every_date_of_a_models_life():
    dates = ("startOfLifeTime", "legacyTime", "endOfLifeTime", "publicExtendedAccessTime")
    moments = {name: datetime.fromtimestamp(number, UTC) for number, name in enumerate(dates, 1)}
    assert row_of(model(modelLifecycle={"status": "LEGACY", **moments})).lifecycle == Lifecycle("LEGACY", 1, 2, 3, 4)


def test_a_model_keeps_how_it_can_be_bought_and_customised():
    row = row_of(model(inferenceTypesSupported=["ON_DEMAND", "PROVISIONED"], customizationsSupported=["FINE_TUNING"]))
    assert (row.inference_types, row.customizations) == (("ON_DEMAND", "PROVISIONED"), ("FINE_TUNING",))


def test_a_profile_keeps_its_description_and_dates():
    made, changed = (datetime.fromtimestamp(moment, UTC) for moment in (1, 2))
    listed = profile(description="Routes requests", createdAt=made, updatedAt=changed)
    row = only("inference-profile", rows_of([model()], [listed]))
    assert (row.description, row.created_at, row.updated_at) == ("Routes requests", 1, 2)


# --- what is known of it ---


def test_a_known_model_is_described_and_nothing_of_it_is_assumed():
    row = row_of(model("anthropic.claude-haiku-4-5-20251001-v1:0"))
    assert row.prompt_caching.min_tokens == 4096
    assert row.prompt_caching.ttls == ("5m", "1h")
    assert row.reasoning.asked_by == "thinking.budget_tokens"
    assert "temperature_with_top_p" in row.refuses
    assert (row.structured_output, row.tool_use, row.assumed) == (True, True, ())


def test_an_unknown_model_gets_the_defaults_and_is_marked_so():
    row = row_of(model("acme.one"), options=DiscoveryOptions(default_context_window=8_000, default_max_tokens=500))
    assert (row.context_window, row.max_output_tokens, row.tool_use, row.prices) == (8_000, 500, True, ())
    assert {"context_window", "max_output_tokens", "tool_use", "prices"} <= set(row.assumed)


def test_a_profile_has_its_own_price():
    sonnet = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    profiles = [profile(f"{where}.{sonnet}", base=sonnet) for where in ("eu", "global")]
    rows = {row.model_id: row for row in rows_of([model(sonnet)], profiles)}
    prices = {name.split(".")[0]: row.price().input for name, row in rows.items()}
    assert prices == {"anthropic": 3.0, "eu": 3.3, "global": 3.0}


def test_a_profile_only_model_costs_what_its_profile_costs():
    sonnet = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    row = row_of(model(sonnet, **PROFILE_ONLY), profiles=[profile("eu." + sonnet, base=sonnet)])
    assert row.price().input == 3.3


def test_an_application_profile_costs_what_its_model_costs_and_says_that_this_is_assumed():
    row = only("application-inference-profile", rows_of([model()], [application_profile()]))
    assert row.price().output == 3.2
    assert row.assumed == ("prices",)


# --- the account's own models ---


def test_a_custom_model_is_invoked_through_its_deployment():
    rows = rows_of(
        [model()],
        ListCustomModels=[{"modelArn": CUSTOM, "modelName": "mine", "baseModelArn": model_arn(NOVA_ID)}],
        ListCustomModelDeployments=[
            {
                "customModelDeploymentArn": DEPLOYMENT,
                "customModelDeploymentName": "mine-live",
                "modelArn": CUSTOM,
                "status": "Active",
            }
        ],
    )
    custom, deployment = only("custom-model", rows), only("custom-model-deployment", rows)
    assert (custom.invoke_id, custom.listed, custom.base_model_id) == (DEPLOYMENT, False, NOVA_ID)
    assert (deployment.invoke_id, deployment.listed, deployment.base_model_id) == (DEPLOYMENT, True, NOVA_ID)
    assert deployment.input_modalities == ("TEXT", "IMAGE", "VIDEO")
    assert (deployment.provider, deployment.aliases) == ("Amazon", ("mine-live",))


@pytest.mark.parametrize(
    ("operation", "member", "kind", "good", "bad"),
    [
        ("ListCustomModelDeployments", "customModelDeployment", "custom-model-deployment", "Active", "Creating"),
        ("ListProvisionedModelThroughputs", "provisionedModel", "provisioned-model", "InService", "Updating"),
        ("ListPromptRouters", "promptRouter", "prompt-router", "AVAILABLE", "OTHER"),
    ],
)
def test_only_what_is_ready_is_there(operation, member, kind, good, bad):
    summaries = [
        {f"{member}Arn": f"{PRODUCT}:{kind}/{status}", f"{member}Name": status, "modelArn": CUSTOM, "status": status}
        for status in (good, bad)
    ]
    assert [row.name for row in rows_of(**{operation: summaries})] == [good]


def test_provisioned_throughput_knows_its_model_and_has_no_price_for_tokens():
    summary = {
        "provisionedModelArn": PROVISIONED,
        "provisionedModelName": "mine",
        "modelArn": model_arn(NOVA_ID),
        "foundationModelArn": model_arn(NOVA_ID),
        "status": "InService",
    }
    row = only("provisioned-model", rows_of([model()], ListProvisionedModelThroughputs=[summary]))
    assert (row.base_model_id, row.context_window, row.prices, row.listed) == (NOVA_ID, 300_000, (), True)


def test_a_prompt_router_may_work_wherever_its_models_do():
    arns = [f"arn:aws:bedrock:{region}::foundation-model/{NOVA_ID}" for region in ("us-east-1", "us-west-2")]
    summary = {
        "promptRouterArn": f"{PRODUCT}:default-prompt-router/amazon.nova:1",
        "promptRouterName": "Nova Router",
        "models": [{"modelArn": arn} for arn in arns],
        "fallbackModel": {"modelArn": arns[0]},
        "status": "AVAILABLE",
    }
    row = only("prompt-router", rows_of([model()], ListPromptRouters=[summary]))
    assert (row.base_model_id, row.destinations) == (NOVA_ID, ("us-east-1", "us-west-2"))


@pytest.mark.parametrize(("instruct", "listed"), [(True, True), (None, True), (False, False)])
def test_an_imported_model_is_listed_unless_it_follows_no_instructions(instruct, listed):
    summary = {"modelArn": f"{PRODUCT}:imported-model/x", "modelName": "mine", "instructSupported": instruct}
    row = only("imported-model", rows_of(ListImportedModels=[summary]))
    assert (row.listed, row.provider) == (listed, "Imported")


def test_a_marketplace_endpoint_is_known_but_not_listed():
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/mine"
    summaries = [{"endpointArn": arn, "status": status} for status in ("REGISTERED", "INCOMPATIBLE_ENDPOINT")]
    row = only("marketplace-endpoint", rows_of(ListMarketplaceModelEndpoints=summaries))
    assert (row.name, row.listed) == ("mine", False)
    assert (row.invoke_id, row.aliases) == (arn, ("mine",))


def test_the_filter_looks_at_the_model_underneath():
    imported = [{"modelArn": f"{PRODUCT}:imported-model/x", "modelName": "mine"}]
    custom = [{"modelArn": CUSTOM, "modelName": "mine", "baseModelArn": model_arn(NOVA_ID)}]
    lists = {"ListImportedModels": imported, "ListCustomModels": custom}
    kinds = {
        wanted: [row.kind for row in rows_of(options=DiscoveryOptions(provider_filter=(wanted,)), **lists)]
        for wanted in ("amazon", "imported", "anthropic")
    }
    assert kinds == {"amazon": ["custom-model"], "imported": ["imported-model"], "anthropic": []}


# --- aliases ---


def aliases(*rows):
    return {row.model_id: row.aliases for row in with_aliases(rows)}


def test_a_model_goes_by_its_makers_names():
    rows = rows_of([model("anthropic.claude-opus-4-5-20251101-v1:0"), model("openai.gpt-oss-120b-1:0")])
    assert aliases(*rows) == {
        "anthropic.claude-opus-4-5-20251101-v1:0": ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        "openai.gpt-oss-120b-1:0": ("gpt-oss-120b-1", "gpt-oss-120b"),
    }


def test_a_maker_that_dates_what_bedrock_does_not_is_understood():
    assert (
        "claude-opus-4-7-20260416"
        in aliases(*rows_of([model("anthropic.claude-opus-4-7")]))["anthropic.claude-opus-4-7"]
    )


def test_a_name_without_its_date_is_the_newest_active_models():
    old, new, legacy = (model(f"acme.one-202{year}0101-v1:0") for year in (4, 5, 6))
    legacy["modelLifecycle"] = {"status": "LEGACY"}
    found = aliases(*rows_of([old, new, legacy]))
    assert [name for name, names in found.items() if "one" in names] == ["acme.one-20250101-v1:0"]


def test_a_profile_bears_the_names_only_where_its_model_is_not_there():
    profiles = [profile("global." + OPUS_ID, ("",), OPUS_ID), profile("eu." + OPUS_ID, base=OPUS_ID)]
    assert aliases(*rows_of([model(OPUS_ID)], profiles)) == {
        OPUS_ID: ("claude-opus-5",),
        "eu." + OPUS_ID: (),
        "global." + OPUS_ID: (),
    }
    assert aliases(*rows_of((), profiles)) == {"eu." + OPUS_ID: ("claude-opus-5",), "global." + OPUS_ID: ()}


def test_an_application_profile_goes_by_its_id_and_its_name():
    (names,) = aliases(*rows_of((), [application_profile(inferenceProfileName="team-a")])).values()
    assert names == ("abcdefghijkl", "team-a")


def test_an_alias_is_never_another_models_id():
    rows = rows_of([model("acme.one")], [application_profile("acme.one", inferenceProfileName="acme.one")])
    assert aliases(*rows)[f"{PRODUCT}:application-inference-profile/abcdefghijkl"] == ("abcdefghijkl",)
