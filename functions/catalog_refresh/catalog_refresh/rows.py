"""One region's lists → catalog rows: OpenClaw's rules of discovery, and what else an account can invoke."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.described import described
from sluice.model_ids import model_of_arn, region_of_arn, without_prefix
from sluice.model_row import ANY_REGION, Lifecycle, ModelRow

from catalog_refresh.listings import RegionListing
from catalog_refresh.options import DiscoveryOptions

type Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """An inference profile that can be used, with the foundation model that it leads to."""

    summary: Summary
    base_model_id: str
    destinations: tuple[str, ...]

    @property
    def profile_id(self) -> str:
        """What Bedrock Runtime is asked for: an application profile only answers to its ARN."""
        return str(
            self.summary["inferenceProfileArn"] if self.is_application else _text(self.summary, "inferenceProfileId")
        )

    @property
    def is_application(self) -> bool:
        """Whether the account made it."""
        return self.summary.get("type") == "APPLICATION"

    @property
    def preference(self) -> tuple[bool, bool, int, str]:
        """What to sort by: AWS's own before the account's, a geography before everywhere, the narrower first."""
        return self.is_application, ANY_REGION in self.destinations, len(self.destinations), self.profile_id


def region_rows(listing: RegionListing, options: DiscoveryOptions, discovered_at: int) -> list[ModelRow]:
    """Return the rows of a region, foundation models first, each id once."""
    profiles = sorted(_profiles(listing.of("ListInferenceProfiles")), key=lambda profile: profile.preference)
    models = _foundation_models(listing, profiles, options)
    providers = {row.base_model_id.lower(): row.provider for row in models}
    by_id = {row.model_id.lower(): row for row in models}
    profile_rows = [_profile_row(profile, listing.region, by_id, options) for profile in profiles]
    found = [row for row in (*models, *profile_rows) if _passes(row, options, providers)]
    return [replace(row, discovered_at=discovered_at) for row in _unique(found)]


def finished(row: ModelRow, options: DiscoveryOptions, *, listed: bool) -> ModelRow:
    """Describe a row, and list it if it deserves it, can be invoked, and its facts do not object."""
    found = described(row, options.default_context_window, options.default_max_tokens)
    return replace(found.row, listed=listed and bool(row.invoke_id) and found.may_be_listed)


def destinations_of(arns: Iterable[str]) -> tuple[str, ...]:
    """Return the regions in which models run: an ARN without one is anywhere."""
    return tuple(dict.fromkeys(region_of_arn(arn) or ANY_REGION for arn in arns))


def _foundation_models(
    listing: RegionListing, profiles: Sequence[Profile], options: DiscoveryOptions
) -> list[ModelRow]:
    leading: dict[str, list[Profile]] = {}
    for profile in profiles:
        leading.setdefault(profile.base_model_id.lower(), []).append(profile)
    summaries = (summary for summary in listing.of("ListFoundationModels") if _text(summary, "modelId"))
    return [
        _foundation_row(summary, listing.region, leading.get(_text(summary, "modelId").lower(), ()), options)
        for summary in summaries
    ]


def _foundation_row(summary: Summary, region: str, profiles: Sequence[Profile], options: DiscoveryOptions) -> ModelRow:
    model_id = _text(summary, "modelId")
    on_demand = "ON_DEMAND" in summary.get("inferenceTypesSupported", ("ON_DEMAND",))
    first = profiles[0] if profiles else None
    row = ModelRow(
        model_id=model_id,
        kind="foundation-model",
        region=region,
        name=_text(summary, "modelName") or model_id,
        provider=_text(summary, "providerName") or model_id.split(".")[0],
        arn=summary.get("modelArn", ""),
        base_model_id=model_id,
        invoke_id=model_id if on_demand else first.profile_id if first else "",
        on_demand=on_demand,
        profile_ids=tuple(profile.profile_id for profile in profiles),
        destinations=(region,) if on_demand else first.destinations if first else (),
        input_modalities=_words(summary, "inputModalities") or ("TEXT",),
        output_modalities=_words(summary, "outputModalities"),
        streaming=summary.get("responseStreamingSupported") is True,
        lifecycle=_lifecycle(summary.get("modelLifecycle", {})),
        inference_types=_words(summary, "inferenceTypesSupported"),
        customizations=_words(summary, "customizationsSupported"),
    )
    return finished(row, options, listed=_streams_text(row) and row.lifecycle.status == "ACTIVE")


def _streams_text(row: ModelRow) -> bool:
    return row.streaming and "TEXT" in row.output_modalities


def _lifecycle(lifecycle: Summary) -> Lifecycle:
    """What Bedrock does not say is not ACTIVE."""
    return Lifecycle(
        status=str(lifecycle.get("status") or "").upper(),
        started_at=_seconds(lifecycle.get("startOfLifeTime")),
        legacy_at=_seconds(lifecycle.get("legacyTime")),
        end_of_life_at=_seconds(lifecycle.get("endOfLifeTime")),
        extended_access_at=_seconds(lifecycle.get("publicExtendedAccessTime")),
    )


def _profiles(summaries: Iterable[Summary]) -> Iterator[Profile]:
    for summary in summaries:
        if _text(summary, "inferenceProfileId") and summary.get("status") == "ACTIVE":
            arns = [str(model.get("modelArn", "")) for model in summary.get("models", ())]
            yield Profile(summary, _base_of(summary, arns), destinations_of(arns))


def _base_of(summary: Summary, arns: Sequence[str]) -> str:
    if arns and (model_id := model_of_arn(arns[0])):
        return model_id
    return without_prefix(_text(summary, "inferenceProfileId")) if summary.get("type") == "SYSTEM_DEFINED" else ""


def _profile_row(profile: Profile, region: str, models: Mapping[str, ModelRow], options: DiscoveryOptions) -> ModelRow:
    summary = profile.summary
    base = models.get(profile.base_model_id.lower())
    row = ModelRow(
        model_id=profile.profile_id,
        kind="application-inference-profile" if profile.is_application else "inference-profile",
        region=region,
        name=_text(summary, "inferenceProfileName") or _text(summary, "inferenceProfileId"),
        provider=base.provider if base else profile.base_model_id.split(".")[0],
        arn=summary["inferenceProfileArn"],
        base_model_id=profile.base_model_id,
        invoke_id=profile.profile_id,
        destinations=profile.destinations,
        aliases=_application_names(summary) if profile.is_application else (),
        description=_text(summary, "description"),
        created_at=_seconds(summary.get("createdAt")),
        updated_at=_seconds(summary.get("updatedAt")),
    )
    if base:
        row = replace(
            row,
            input_modalities=base.input_modalities,
            output_modalities=base.output_modalities,
            streaming=base.streaming,
            lifecycle=base.lifecycle,
        )
    # A profile is ACTIVE by its own status, whatever becomes of its model. But it cannot chat if its model cannot.
    found = finished(row, options, listed=base is None or _streams_text(base))
    if "reasoning" in found.assumed:
        # OpenClaw's rule looks at the words of the model's name, not of the profile's.
        return replace(found, reasoning=base.reasoning if base else None)
    return found


def _application_names(summary: Summary) -> tuple[str, ...]:
    names = (_text(summary, "inferenceProfileId"), _text(summary, "inferenceProfileName"))
    return tuple(dict.fromkeys(filter(None, names)))


def _passes(row: ModelRow, options: DiscoveryOptions, providers: Mapping[str, str]) -> bool:
    """Compare as OpenClaw does: a model by its provider's whole name, a profile by the first word of its model's id.

    A profile passes with its model, too: OpenClaw's own rule would lose those of providers with a name of two words.
    """
    if not options.provider_filter:
        return True
    if row.kind == "foundation-model":
        return row.provider.lower() in options.provider_filter
    names = {row.base_model_id.split(".")[0].lower(), providers.get(row.base_model_id.lower(), "").lower()}
    return bool(names - {""} & set(options.provider_filter))


def _unique(rows: Iterable[ModelRow]) -> list[ModelRow]:
    found: dict[str, ModelRow] = {}
    for row in rows:
        found.setdefault(row.model_id.lower(), row)
    return list(found.values())


def _text(summary: Summary, name: str) -> str:
    return str(summary.get(name) or "").strip()


def _words(summary: Summary, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(word).upper() for word in summary.get(name) or ()))


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0
