"""The models of the account that is measured: those of the emulated one, and those that the load asks for."""

import time
from collections.abc import Sequence
from copy import replace
from typing import Any

from catalog_refresh.assembly import assembled, discovered_rows
from catalog_refresh.listings import RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.table import CatalogTable
from sluice.catalog import Times
from sluice.catalog_items import Pointer, encode_snapshot
from sluice.model_row import ModelRow, Price
from sluice_local.bedrock_control.catalog import (
    FoundationModel,
    InferenceProfile,
    foundation_models,
    inference_profiles,
)
from sluice_local.bedrock_control.summaries import model_summary, profile_summary

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
_ACCOUNT = "123456789012"
_MODELS = 100
_MEASURED = (
    *(f"emulator.burst-{deltas}" for deltas in (20, 200, 5_000, 50_000)),
    *(f"emulator.paced-{deltas}" for deltas in (1, 20, 200)),
)
# A request may cost a dollar: a thousand tokens of output at a thousand dollars for a million.
_PRICE = Price(input=0.0, output=1_000.0)
_MAX_OUTPUT = 1_000


def publish_catalog(table: CatalogTable) -> None:
    """Publish the account's catalog as a refresh would."""
    times = Times(int(time.time()), 3600)
    rows = (*rows_of(listings_of(_MODELS), times)[:_MODELS], *map(_measured_row, _MEASURED))
    snapshot = encode_snapshot(1, rows)
    table.write_snapshot(snapshot, times.expires_at)
    table.point_to(Pointer(snapshot.snapshot_id, 1, times, len(rows), len(snapshot.chunks)))


def listings_of(count: int) -> list[RegionListing]:
    """Return what the regions list where the account has at least so many models and profiles."""
    return [_listing(region, count) for region in REGIONS]


def rows_of(listings: Sequence[RegionListing], times: Times) -> tuple[ModelRow, ...]:
    """Return what a refresh makes of the listings."""
    options = DiscoveryOptions()
    return tuple(assembled(discovered_rows(listings, None, options, times), (), options, REGIONS[0], times.started_at))


def _measured_row(model: str) -> ModelRow:
    return ModelRow(
        model_id=model,
        kind="foundation-model",
        region=REGIONS[0],
        name=model,
        provider="Emulator",
        arn=f"arn:aws:bedrock:{REGIONS[0]}::foundation-model/{model}",
        invoke_id=model,
        on_demand=True,
        max_output_tokens=_MAX_OUTPUT,
        prices=(_PRICE,),
    )


def _listing(region: str, count: int) -> RegionListing:
    """Return a region's real models and profiles, repeated under other names until there are enough."""
    models: list[dict[str, Any]] = []
    profiles: list[dict[str, Any]] = []
    copy = 0
    while len(models) + len(profiles) < -(-count // len(REGIONS)) + 1:
        ending = f"-copy-{copy}" if copy else ""
        models += [_model(model, ending) for model in foundation_models(region)]
        profiles += [_profile(profile, ending) for profile in inference_profiles(region, _ACCOUNT)]
        copy += 1
    return RegionListing(region, {"ListFoundationModels": models, "ListInferenceProfiles": profiles})


def _model(model: FoundationModel, ending: str) -> dict[str, Any]:
    return model_summary(replace(model, model_id=model.model_id + ending, name=model.name + ending))


def _profile(profile: InferenceProfile, ending: str) -> dict[str, Any]:
    copied = {name: getattr(profile, name) + ending for name in ("profile_id", "arn", "name")}
    return profile_summary(replace(profile, **copied, model_arns=tuple(arn + ending for arn in profile.model_arns)))
