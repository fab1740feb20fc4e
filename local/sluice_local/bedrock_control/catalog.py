"""The models and system-defined inference profiles that Bedrock shows in a region, read from the TOML files beside.

https://docs.aws.amazon.com/bedrock/latest/userguide/models-regions.html and …/inference-profiles-support.html
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

# In AWS's answers a model of a profile that routes anywhere has an ARN without a region.
ANY_REGION = ""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """When a model came, and when it goes: LEGACY as soon as a `legacy` date is set."""

    launched: datetime
    legacy: datetime | None = None
    extended_access: datetime | None = None
    end_of_life: datetime | None = None

    @property
    def status(self) -> Literal["ACTIVE", "LEGACY"]:
        """Bedrock's word for it."""
        return "LEGACY" if self.legacy else "ACTIVE"


@dataclass(frozen=True, slots=True)
class FoundationModel:
    """One foundation model as one region lists it.

    Modalities and types are Bedrock's words. `inference_types` may hold `INFERENCE_PROFILE`, which Bedrock sends though
    its own service model does not list it.
    """

    model_id: str
    name: str
    provider: str
    region: str
    lifecycle: Lifecycle
    inference_types: tuple[str, ...]
    input_modalities: tuple[str, ...] = ("TEXT",)
    output_modalities: tuple[str, ...] = ("TEXT",)
    streaming: bool = True
    customizations: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The model's ARN in its region."""
        return foundation_model_arn(self.region, self.model_id)


@dataclass(frozen=True, slots=True)
class InferenceProfile:
    """One inference profile as one region lists it; `model_arns` are its destinations."""

    profile_id: str
    arn: str
    name: str
    description: str | None
    model_arns: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    type: Literal["SYSTEM_DEFINED", "APPLICATION"] = "SYSTEM_DEFINED"


def foundation_models(region: str) -> Sequence[FoundationModel]:
    """Return what ListFoundationModels shows in the region; empty where Bedrock is not."""
    offers = ((entry, _inference_types(entry, region)) for entry in _model_entries())
    return tuple(_foundation_model(entry, region, types) for entry, types in offers if types)


def inference_profiles(region: str, account_id: str) -> Sequence[InferenceProfile]:
    """Return the system-defined profiles that can be called from the region by the account."""
    return tuple(
        _system_profile(entry, prefix, region, account_id)
        for entry in _model_entries()
        for prefix in entry.profiles
        if region in _geographies()[prefix].regions
    )


def geographies() -> Mapping[str, Sequence[str]]:
    """Return the regions from which the profiles of each prefix can be called."""
    return {prefix: geography.regions for prefix, geography in _geographies().items()}


def regions() -> Sequence[str]:
    """Return the regions that have Bedrock."""
    return tuple(dict.fromkeys(region for places in geographies().values() for region in places))


def partition_of(region: str) -> str:
    """Return the ARN partition of a region."""
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"


def foundation_model_arn(region: str, model_id: str) -> str:
    """Return the ARN of a model in a region, or in any (`ANY_REGION`)."""
    return f"arn:{partition_of(region)}:bedrock:{region}::foundation-model/{model_id}"


@dataclass(frozen=True, slots=True)
class _Geography:
    label: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _ModelEntry:
    """One table of foundation_models.toml."""

    model_id: str
    provider: str
    name: str
    launched: date
    legacy: date | None = None
    extended_access: date | None = None
    end_of_life: date | None = None
    input: Sequence[str] = ("TEXT",)
    output: Sequence[str] = ("TEXT",)
    streaming: bool = True
    types: Sequence[str] = ("ON_DEMAND",)
    customizations: Sequence[str] = ()
    regions: Sequence[str] = ()
    profiles: Sequence[str] = ()


@cache
def _geographies() -> Mapping[str, _Geography]:
    tables = _read("geographies.toml")
    return {prefix: _Geography(table["label"], tuple(table["regions"])) for prefix, table in tables.items()}


@cache
def _model_entries() -> Sequence[_ModelEntry]:
    return tuple(
        _ModelEntry(model_id=model_id, provider=provider, **table)
        for provider, models in _read("foundation_models.toml").items()
        for model_id, table in models.items()
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _inference_types(entry: _ModelEntry, region: str) -> tuple[str, ...]:
    """How the model can be called from the region; empty where it cannot."""
    direct = tuple(entry.types) if region in _expanded(entry.regions) else ()
    through_profile = region in _expanded(entry.profiles)
    return (*direct, "INFERENCE_PROFILE") if through_profile else direct


def _expanded(names: Iterable[str]) -> set[str]:
    """Replace geographies by their regions."""
    geographies = _geographies()
    return {region for name in names for region in (geographies[name].regions if name in geographies else (name,))}


def _foundation_model(entry: _ModelEntry, region: str, inference_types: tuple[str, ...]) -> FoundationModel:
    return FoundationModel(
        model_id=entry.model_id,
        name=entry.name,
        provider=entry.provider,
        region=region,
        lifecycle=Lifecycle(
            launched=_midnight(entry.launched),
            legacy=_midnight(entry.legacy) if entry.legacy else None,
            extended_access=_midnight(entry.extended_access) if entry.extended_access else None,
            end_of_life=_midnight(entry.end_of_life) if entry.end_of_life else None,
        ),
        inference_types=inference_types,
        input_modalities=tuple(entry.input),
        output_modalities=tuple(entry.output),
        streaming=entry.streaming,
        customizations=tuple(entry.customizations),
    )


def _system_profile(entry: _ModelEntry, prefix: str, region: str, account_id: str) -> InferenceProfile:
    geography = _geographies()[prefix]
    product = _product(entry)
    destinations = (ANY_REGION, region) if prefix == "global" else geography.regions
    profile_id = f"{prefix}.{entry.model_id}"
    return InferenceProfile(
        profile_id=profile_id,
        arn=f"arn:{partition_of(region)}:bedrock:{region}:{account_id}:inference-profile/{profile_id}",
        name=f"{geography.label} {product}",
        description=f"Routes requests to {product} {_destinations_in_words(prefix, geography)}.",
        model_arns=tuple(foundation_model_arn(destination, entry.model_id) for destination in destinations),
        created_at=_midnight(entry.launched),
        updated_at=_midnight(entry.launched),
    )


def _product(entry: _ModelEntry) -> str:
    """Amazon's own models and those that carry their maker's name go without the provider in profiles' names."""
    named = entry.provider == "Amazon" or entry.name.startswith(entry.provider)
    return entry.name if named else f"{entry.provider} {entry.name}"


def _destinations_in_words(prefix: str, geography: _Geography) -> str:
    if prefix == "global":
        return "globally across all supported AWS Regions"
    *others, last = geography.regions
    return f"in {', '.join(others)} and {last}"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
