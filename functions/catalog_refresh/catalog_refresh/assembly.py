"""Listings, the last catalog and the operator's file → the rows of the next catalog. Nothing here does I/O."""

from collections.abc import Iterable, Sequence

from sluice.catalog import Catalog, Times
from sluice.model_row import ModelRow

from catalog_refresh.account_rows import KINDS_OF, account_rows
from catalog_refresh.aliases import with_aliases
from catalog_refresh.config_file import ManualModel
from catalog_refresh.listings import RegionListing
from catalog_refresh.manual import merged
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.order import list_key
from catalog_refresh.rows import region_rows


def discovered_rows(
    listings: Iterable[RegionListing], last: Catalog | None, options: DiscoveryOptions, times: Times
) -> list[ModelRow]:
    """Return the rows of all regions.

    A region whose required lists did not all come keeps the rows it had, and so does any other list that failed by
    chance, as long as they live. One that is denied or unknown in the region has none.
    """
    rows: list[ModelRow] = []
    for listing in listings:
        kept = _living(last, listing.region, options, times)
        rows += with_aliases(_fresh(listing, kept, options, times.started_at) if listing.is_complete else kept)
    return rows


def assembled(
    discovered: Sequence[ModelRow], file_rows: Sequence[ManualModel], options: DiscoveryOptions, region: str, now: int
) -> list[ModelRow]:
    """Merge the operator's definitions in and bring everything into the order of model lists."""
    regions = {row.region: None for row in discovered}
    places = {name: place for place, name in enumerate(dict.fromkeys((region, *regions)))}
    rows = merged(discovered, file_rows, options, region, now)
    return sorted(rows, key=lambda row: (*list_key(row.model_id, row.name), places[row.region]))


def _fresh(
    listing: RegionListing, kept: Sequence[ModelRow], options: DiscoveryOptions, discovered_at: int
) -> list[ModelRow]:
    models = region_rows(listing, options, discovered_at)
    bases = {row.model_id.lower(): row for row in models if row.kind == "foundation-model"}
    failed = {KINDS_OF.get(failure.operation) for failure in listing.failures if failure.reason == "failed"}
    own = [row for row in account_rows(listing, options, discovered_at, bases) if row.kind not in failed]
    return [*models, *own, *(row for row in kept if row.kind in failed)]


def _living(last: Catalog | None, region: str, options: DiscoveryOptions, times: Times) -> list[ModelRow]:
    """Return the last catalog's rows of a region that have not outlived a catalog's life."""
    return [
        row
        for row in (last.rows if last else ())
        if row.region == region
        and row.kind != "manual"
        and Times(row.discovered_at, options.refresh_interval).expires_at > times.started_at
    ]
