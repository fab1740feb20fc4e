"""Summaries as Bedrock lists them, and the rows that come of them."""

from datetime import UTC, datetime

from catalog_refresh.account_rows import account_rows
from catalog_refresh.listings import RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.rows import region_rows

NOW = 1_700_000_000
HOUR = 3600
DAY = 24 * HOUR
REGION = "eu-west-1"
ACCOUNT = "123456789012"
NOVA_ID = "amazon.nova-pro-v1:0"
OPUS_ID = "anthropic.claude-opus-5"
PRODUCT = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"


def model_arn(model_id, region=REGION):
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"


def model(model_id=NOVA_ID, **changes):
    return {
        "modelArn": model_arn(model_id),
        "modelId": model_id,
        "modelName": "Nova Pro",
        "providerName": "Amazon",
        "inputModalities": ["TEXT", "IMAGE", "VIDEO"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE", "startOfLifeTime": datetime(2024, 12, 3, tzinfo=UTC)},
        **changes,
    }


def without(summary, *names):
    return {name: value for name, value in summary.items() if name not in names}


def profile(profile_id="eu." + NOVA_ID, destinations=("eu-west-1", "eu-central-1"), base=NOVA_ID, **changes):
    return {
        "inferenceProfileId": profile_id,
        "inferenceProfileArn": f"{PRODUCT}:inference-profile/{profile_id}",
        "inferenceProfileName": "EU Nova Pro",
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
        "models": [{"modelArn": model_arn(base, region)} for region in destinations],
        **changes,
    }


def application_profile(base=NOVA_ID, **changes):
    arn = f"{PRODUCT}:application-inference-profile/abcdefghijkl"
    return profile("abcdefghijkl", (REGION,), base, inferenceProfileArn=arn, type="APPLICATION", **changes)


def listing(models=(), profiles=(), region=REGION, failures=(), **own):
    required = {"ListFoundationModels": list(models), "ListInferenceProfiles": list(profiles)}
    return RegionListing(region, required | own, failures)


def rows_of(models=(), profiles=(), options=None, **own):
    found = listing(models, profiles, **own)
    options = options or DiscoveryOptions()
    rows = region_rows(found, options, NOW)
    bases = {row.model_id.lower(): row for row in rows if row.kind == "foundation-model"}
    return [*rows, *account_rows(found, options, NOW, bases)]


def row_of(*models, profiles=(), options=None):
    return rows_of(models, profiles, options)[0]
