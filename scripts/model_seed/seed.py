"""The emulator's regions, as the refresh function would describe them → what the seed says of each model."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog_refresh.aliases import with_aliases
from catalog_refresh.listings import RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.order import list_key
from catalog_refresh.rows import region_rows
from sluice.model_ids import profile_prefix
from sluice.model_row import ModelRow
from sluice_local.bedrock_control.catalog import foundation_models, geographies, inference_profiles
from sluice_local.bedrock_control.summaries import model_summary, profile_summary

_ACCOUNT = "123456789012"
# Elsewhere in the world AWS's partitions have other models.
_REGIONS_OF = ("us", "eu", "apac", "au", "us-gov", "global")

type Json = dict[str, Any]


def seed_file() -> Json:
    """Return the file's contents: the models that some region would list, in the order of lists."""
    places = geographies()
    regions = dict.fromkeys(region for prefix in _REGIONS_OF for region in places[prefix])
    rows = [row for region in regions for row in _listed_models(region)]
    by_id: dict[str, list[ModelRow]] = {}
    for row in sorted(rows, key=lambda row: list_key(row.model_id, row.name)):
        by_id.setdefault(row.model_id, []).append(row)
    return {"geographies": dict(places), "models": [_model(found, places) for found in by_id.values()]}


def _listed_models(region: str) -> Sequence[ModelRow]:
    summaries = {
        "ListFoundationModels": [model_summary(model) for model in foundation_models(region)],
        "ListInferenceProfiles": [profile_summary(profile) for profile in inference_profiles(region, _ACCOUNT)],
    }
    rows = with_aliases(region_rows(RegionListing(region, summaries), DiscoveryOptions(), 0))
    return [row for row in rows if row.kind == "foundation-model" and row.listed]


def _model(rows: Sequence[ModelRow], places: Mapping[str, Sequence[str]]) -> Json:
    """Merge what several regions say of one model; profiles come the narrower first."""
    first = rows[0]
    prefixes = {profile_prefix(profile_id) for row in rows for profile_id in row.profile_ids}
    return {
        "id": first.model_id,
        "name": first.name,
        "provider": first.provider,
        "input": list(first.input_modalities),
        "aliases": list(first.aliases),
        "on_demand": sorted(row.region for row in rows if row.on_demand),
        "profiles": sorted(prefixes, key=lambda prefix: (len(places[prefix]), prefix)),
    }
