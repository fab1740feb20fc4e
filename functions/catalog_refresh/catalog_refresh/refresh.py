"""One refresh: take the lease, list, assemble, judge, publish."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from sluice.catalog import Catalog, Times
from sluice.catalog_items import Pointer, encode_snapshot
from sluice.model_row import ModelRow

from catalog_refresh.assembly import assembled, discovered_rows
from catalog_refresh.config_file import ConfigFile
from catalog_refresh.listings import REQUIRED, ListingFailure, RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.request import Request
from catalog_refresh.summary import Status, Summary, by_name, changes_between, summary_of
from catalog_refresh.table import CatalogTable

# Longer than the function may run, so that a lease never ends under a living owner. Seconds.
LEASE_SECONDS = 360
# A catalog that shrinks by more than this is believed the second time.
_LEAST_SHARE = 0.5


class RefreshFailed(Exception):
    """No region listed what a catalog needs; the last good catalog stays, marked as stale."""


class Discover(Protocol):
    """Lists a region; called for several at once, each in a thread of its own."""

    def __call__(self, region: str, /) -> RegionListing:
        """Return what the region has; failures are in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to discover: the options after the file had its say, the regions in their order, and the file."""

    options: DiscoveryOptions
    regions: Sequence[str]
    enabled: bool
    file: ConfigFile


def refresh(
    make_plan: Callable[[], Plan],
    request: Request,
    *,
    table: CatalogTable,
    discover: Discover,
    clock: Callable[[], float],
) -> Summary:
    """Bring the catalog table up to date.

    Raises:
        ConfigError: the operator's file is wrong.
        RefreshFailed: nothing could be listed.
        PublishError, ClientError: DynamoDB failed. The last good catalog is served on in any case.
    """
    started_at = int(clock())
    if request.dry_run:
        return _Run(make_plan(), request, table, started_at, table.next_generation()).compare(discover)
    try:
        return _leased(make_plan(), request, table, discover, started_at)
    except Exception:
        table.mark_failure(started_at)
        raise


def _leased(plan: Plan, request: Request, table: CatalogTable, discover: Discover, started_at: int) -> Summary:
    generation = table.take_lease(request.owner, started_at, LEASE_SECONDS)
    if generation is None:
        return summary_of("busy", (), table.pointer(), started_at=started_at)
    try:
        return _Run(plan, request, table, started_at, generation).publish(discover)
    finally:
        table.release_lease(request.owner, generation)


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Sequence[ModelRow]
    failures: Sequence[ListingFailure]


@dataclass(frozen=True, slots=True)
class _Run:
    plan: Plan
    request: Request
    table: CatalogTable
    started_at: int
    generation: int

    @property
    def times(self) -> Times:
        return Times(self.started_at, self.plan.options.refresh_interval)

    def publish(self, discover: Discover) -> Summary:
        pointer, last = self.table.current(self.started_at)
        found = self._found(discover, last)
        if not self._is_believed(found.rows, pointer):
            self.table.hold(_digest(found.rows), self.generation, self.times)
            return self._summary("held", found, pointer)
        snapshot = encode_snapshot(self.generation, found.rows, self.plan.file.primary_model)
        self.table.write_snapshot(snapshot, self.times.expires_at)
        new = Pointer(snapshot.snapshot_id, self.generation, self.times, len(found.rows), len(snapshot.chunks))
        if not self.table.point_to(new):
            return self._summary("superseded", found, self.table.pointer())
        return self._summary("published", found, new)

    def compare(self, discover: Discover) -> Summary:
        """Write nothing, and say what would change."""
        pointer, last = self.table.current(self.started_at)
        found = self._found(discover, last)
        return {
            **self._summary("dry run", found, pointer),
            "would_be": "published" if self._is_believed(found.rows, pointer) else "held",
            "changes": changes_between(last.rows if last else (), found.rows),
        }

    def _found(self, discover: Discover, last: Catalog | None) -> _Found:
        listings = _listings(self.plan.regions, discover) if self.plan.enabled else []
        failures = [failure for listing in listings for failure in listing.failures]
        if listings and not any(listing.is_complete for listing in listings):
            required = [str(failure) for failure in failures if failure.operation in REQUIRED]
            raise RefreshFailed(f"The catalog was not refreshed. {'; '.join(required)}")
        options = self.plan.options
        found = discovered_rows(listings, last, options, self.times)
        home = self.plan.regions[0]
        return _Found(assembled(found, self.plan.file.models, options, home, self.started_at), failures)

    def _is_believed(self, rows: Sequence[ModelRow], pointer: Pointer | None) -> bool:
        """Whether to publish. Discovery that is switched off finds nothing on purpose, and one that lacks credentials
        may lack them by chance."""
        served = 0 if pointer is None or pointer.times.have_expired(self.started_at) else pointer.models
        least = max(1, served * _LEAST_SHARE)
        if self.request.force or self.plan.options.enabled is False or len(rows) >= least:
            return True
        return self.table.is_said_again(_digest(rows), self.generation)

    def _summary(self, status: Status, found: _Found, last: Pointer | None) -> Summary:
        return summary_of(
            status,
            found.rows,
            last,
            started_at=self.started_at,
            regions=self.plan.regions if self.plan.enabled else (),
            failures=found.failures,
            warnings=self.plan.file.warnings,
        )


def _listings(regions: Sequence[str], discover: Discover) -> list[RegionListing]:
    """List all regions at once: one that hangs to the last attempt must not take the others' time."""
    with ThreadPoolExecutor(len(regions)) as workers:
        return list(workers.map(discover, regions))


def _digest(rows: Sequence[ModelRow]) -> str:
    names = "\n".join(sorted(by_name(rows)))
    return hashlib.sha256(names.encode()).hexdigest()
