"""The account's own models → catalog rows: customised, imported, provisioned, routed, from the marketplace."""

from collections.abc import Callable, Iterator, Mapping
from copy import replace
from typing import Any

from sluice.model_ids import model_of_arn
from sluice.model_row import Kind, ModelRow

from catalog_refresh.listings import RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.rows import destinations_of, finished

type Summary = Mapping[str, Any]

# Which rows each list makes: they stay where the list fails.
KINDS_OF: Mapping[str, Kind] = {
    "ListCustomModels": "custom-model",
    "ListCustomModelDeployments": "custom-model-deployment",
    "ListImportedModels": "imported-model",
    "ListProvisionedModelThroughputs": "provisioned-model",
    "ListPromptRouters": "prompt-router",
    "ListMarketplaceModelEndpoints": "marketplace-endpoint",
}


def account_rows(
    listing: RegionListing, options: DiscoveryOptions, discovered_at: int, bases: Mapping[str, ModelRow]
) -> list[ModelRow]:
    """Return the rows of a region's own models. `bases` are its foundation models by lower-cased id."""
    return [
        replace(row, discovered_at=discovered_at)
        for operation, rows_of in _ROWS_OF.items()
        for row in rows_of(listing, options, bases)
        if _passes(row, options, bases)
    ]


type _Bases = Mapping[str, ModelRow]


def _custom_models(listing: RegionListing, options: DiscoveryOptions, bases: _Bases) -> Iterator[ModelRow]:
    """A custom model is invoked through a deployment or provisioned throughput, which have rows of their own."""
    ways = {
        summary["modelArn"]: summary[arn]
        for operation, arn, status in (
            ("ListProvisionedModelThroughputs", "provisionedModelArn", "InService"),
            ("ListCustomModelDeployments", "customModelDeploymentArn", "Active"),
        )
        for summary in listing.of(operation)
        if summary.get("status") == status
    }
    for summary in listing.of("ListCustomModels"):
        if summary.get("modelStatus", "Active") == "Active":
            arn = summary["modelArn"]
            row = _row(listing, "custom-model", arn, summary["modelName"], ways.get(arn, ""))
            base = model_of_arn(summary.get("baseModelArn", ""))
            yield finished(_on_base(row, base, bases), options, listed=False)


def _deployments(listing: RegionListing, options: DiscoveryOptions, bases: _Bases) -> Iterator[ModelRow]:
    models = _bases_of_custom_models(listing)
    for summary in listing.of("ListCustomModelDeployments"):
        if summary.get("status") == "Active":
            arn = summary["customModelDeploymentArn"]
            row = _row(listing, "custom-model-deployment", arn, summary["customModelDeploymentName"], arn)
            base = models.get(summary.get("modelArn", ""), "")
            yield finished(_on_base(row, base, bases), options, listed=True)


def _imported_models(listing: RegionListing, options: DiscoveryOptions, _bases: _Bases) -> Iterator[ModelRow]:
    for summary in listing.of("ListImportedModels"):
        arn = summary["modelArn"]
        row = replace(_row(listing, "imported-model", arn, summary["modelName"], arn), provider="Imported")
        # Converse wants a model that was trained to follow instructions.
        yield finished(row, options, listed=summary.get("instructSupported") is not False)


def _provisioned_models(listing: RegionListing, options: DiscoveryOptions, bases: _Bases) -> Iterator[ModelRow]:
    models = _bases_of_custom_models(listing)
    for summary in listing.of("ListProvisionedModelThroughputs"):
        if summary.get("status") == "InService":
            arn = summary["provisionedModelArn"]
            row = _row(listing, "provisioned-model", arn, summary["provisionedModelName"], arn)
            base = model_of_arn(summary.get("foundationModelArn", "")) or models.get(summary.get("modelArn", ""), "")
            # Paid by the hour: what a token costs, nobody can tell.
            found = finished(_on_base(row, base, bases), options, listed=True)
            yield replace(found, prices=())


def _prompt_routers(listing: RegionListing, options: DiscoveryOptions, bases: _Bases) -> Iterator[ModelRow]:
    for summary in listing.of("ListPromptRouters"):
        if summary.get("status") == "AVAILABLE":
            arn = summary["promptRouterArn"]
            row = _row(listing, "prompt-router", arn, summary["promptRouterName"], arn)
            arns = [model.get("modelArn", "") for model in summary.get("models", ())]
            base = model_of_arn(summary.get("fallbackModel", {}).get("modelArn", ""))
            routed = replace(_on_base(row, base, bases), destinations=destinations_of(arns))
            # Each request costs what the model costs that it is led to.
            yield replace(finished(routed, options, listed=True), prices=())


def _marketplace_endpoints(listing: RegionListing, options: DiscoveryOptions, _bases: _Bases) -> Iterator[ModelRow]:
    """Known by name and ARN, but not listed: nobody says whether what was deployed there streams text."""
    for summary in listing.of("ListMarketplaceModelEndpoints"):
        if summary.get("status") == "REGISTERED":
            arn = summary["endpointArn"]
            row = _row(listing, "marketplace-endpoint", arn, arn.rpartition("/")[2], arn)
            yield finished(replace(row, provider="Marketplace"), options, listed=False)


_ROWS_OF: Mapping[str, Callable[[RegionListing, DiscoveryOptions, _Bases], Iterator[ModelRow]]] = {
    "ListCustomModels": _custom_models,
    "ListCustomModelDeployments": _deployments,
    "ListImportedModels": _imported_models,
    "ListProvisionedModelThroughputs": _provisioned_models,
    "ListPromptRouters": _prompt_routers,
    "ListMarketplaceModelEndpoints": _marketplace_endpoints,
}


def _row(listing: RegionListing, kind: Kind, arn: str, name: str, invoke_id: str) -> ModelRow:
    return ModelRow(
        model_id=arn,
        kind=kind,
        region=listing.region,
        name=name,
        provider="",
        arn=arn,
        invoke_id=invoke_id,
        aliases=(name,) if invoke_id else (),
        destinations=(listing.region,),
    )


def _on_base(row: ModelRow, base_model_id: str, bases: _Bases) -> ModelRow:
    """Take over what is known of the model underneath."""
    base = bases.get(base_model_id.lower())
    if base is None:
        return replace(row, base_model_id=base_model_id, provider=base_model_id.split(".", maxsplit=1)[0])
    return replace(
        row,
        base_model_id=base.model_id,
        provider=base.provider,
        input_modalities=base.input_modalities,
        output_modalities=base.output_modalities,
        streaming=base.streaming,
    )


def _bases_of_custom_models(listing: RegionListing) -> dict[str, str]:
    return {
        summary["modelArn"]: model_of_arn(summary.get("baseModelArn", "")) for summary in listing.of("ListCustomModels")
    }


def _passes(row: ModelRow, options: DiscoveryOptions, _bases: _Bases) -> bool:
    wanted = options.provider_filter
    return not wanted or row.provider.lower() in wanted or row.base_model_id.split(".")[0].lower() in wanted
