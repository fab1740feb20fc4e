"""An account's own models, as Bedrock lists them: customised, imported, provisioned, routed, from the marketplace.

moto has no way to make most of them, so whoever runs it puts the summaries in (`add_account_model`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

type Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One operation: the answer's member, the summary's members for name and creation, the filters' members."""

    result: str
    name: str
    created: str
    equal: Mapping[str, str]


LISTINGS: Mapping[str, Listing] = {
    "ListCustomModels": Listing(
        "modelSummaries",
        "modelName",
        "creationTime",
        {
            "baseModelArnEquals": "baseModelArn",
            "foundationModelArnEquals": "baseModelArn",
            "modelStatus": "modelStatus",
        },
    ),
    "ListCustomModelDeployments": Listing(
        "modelDeploymentSummaries",
        "customModelDeploymentName",
        "createdAt",
        {"statusEquals": "status", "modelArnEquals": "modelArn"},
    ),
    "ListImportedModels": Listing("modelSummaries", "modelName", "creationTime", {}),
    "ListProvisionedModelThroughputs": Listing(
        "provisionedModelSummaries",
        "provisionedModelName",
        "creationTime",
        {"statusEquals": "status", "modelArnEquals": "modelArn"},
    ),
    "ListPromptRouters": Listing("promptRouterSummaries", "promptRouterName", "createdAt", {"type": "type"}),
    "ListMarketplaceModelEndpoints": Listing(
        "marketplaceModelEndpoints", "endpointArn", "createdAt", {"modelSourceEquals": "modelSourceIdentifier"}
    ),
}


def selected(operation: str, summaries: Iterable[Summary], given: Mapping[str, str]) -> Sequence[Summary]:
    """Return the summaries that pass the request's filters, in the order it asks for: the newest first, or last."""
    listing = LISTINGS[operation]
    before, after = (_moment(given.get(f"{listing.created.removesuffix('At')}{word}")) for word in ("Before", "After"))
    found = [
        summary
        for summary in summaries
        if given.get("nameContains", "") in summary[listing.name]
        and all(given.get(name) in (None, summary.get(member)) for name, member in listing.equal.items())
        and (before is None or summary[listing.created] < before)
        and (after is None or summary[listing.created] > after)
    ]
    newest_first = given.get("sortOrder", "Descending") == "Descending"
    return sorted(found, key=lambda summary: summary[listing.created], reverse=newest_first)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
