"""One refresh: take the lease, list, assemble, judge, publish."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NotRequired, Protocol, TypedDict

from sluice.catalog import Catalog, Times
from sluice.catalog_items import Pointer, encode_snapshot
from sluice.model_row import ModelRow, row_to_json

from catalog_refresh.assembly import assembled, discovered_rows
from catalog_refresh.config_file import ConfigFile
from catalog_refresh.listings import REQUIRED, ListingFailure, RegionListing
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.table import CatalogTable

# Longer than the function may run, so that a lease never ends under a living owner. Seconds.
LEASE_SECONDS = 360
# A catalog that shrinks by more than this is believed the second time.
_LEAST_SHARE = 0.5

Status = Literal["published", "held", "superseded", "busy", "dry run"]


class RefreshFailed(Exception):
    """No region listed what a catalog needs; the last good catalog stays, marked as stale."""


class Summary(TypedDict):
    """What a refresh did. `models` is what lists show, `rows` all there is; `refreshed_at` and ages are seconds.

    `age` is that of the catalog that is served after it. `failures` are lists that were denied or did not come,
    `unsupported` those that a region does not have. `changes` come with a dry run: ids by what became of them.
    """

    status: Status
    regions: list[str]
    models: int
    rows: int
    refreshed_at: int
    age: int
    failures: list[str]
    unsupported: list[str]
    warnings: list[str]
    changes: NotRequired[dict[str, list[str]]]


class Discover(Protocol):
    """Lists a region; called for several at once, each in a thread of its own."""

    def __call__(self, region: str, /) -> RegionListing:
        """Return what the region has; failures are in it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one run. `owner` is the run's id; `force` believes an implausible listing."""

    owner: str
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What to discover: the options after the file had its say, the regions in their order, and the file."""

    options: DiscoveryOptions
    regions: Sequence[str]
    enabled: bool
    file: ConfigFile


def refresh(
    plan: Plan, request: Request, *, table: CatalogTable, discover: Discover, clock: Callable[[], float]
) -> Summary:
    """Bring the catalog table up to date.

    Raises:
        RefreshFailed: nothing could be listed.
        PublishError, ClientError: DynamoDB failed. The last good catalog is served on in any case.
    """
    times = Times(int(clock()), plan.options.refresh_interval)
    if request.dry_run:
        return _Run(plan, request, table, times, generation=0).compare(discover)
    generation = table.take_lease(request.owner, times.started_at, LEASE_SECONDS)
    if generation is None:
        return _summary("busy", plan, (), times, table.pointer(times.started_at), ())
    run = _Run(plan, request, table, times, generation)
    try:
        return run.publish(discover)
    except Exception:
        table.mark_failure(times.started_at)
        raise
    finally:
        table.release_lease(request.owner, generation)


@dataclass(frozen=True, slots=True)
class _Run:
    plan: Plan
    request: Request
    table: CatalogTable
    times: Times
    generation: int

    def publish(self, discover: Discover) -> Summary:
        pointer, last = self.table.current(self.times.started_at)
        rows, failures = self._rows(discover, last)
        if not self._is_believed(rows, pointer):
            return _summary("held", self.plan, rows, self.times, pointer, failures)
        snapshot = encode_snapshot(self.generation, rows, self.plan.file.primary_model)
        self.table.write_snapshot(snapshot, self.times.expires_at)
        new = Pointer(snapshot.snapshot_id, self.generation, self.times, len(rows), len(snapshot.chunks))
        if not self.table.point_to(new):
            return _summary("superseded", self.plan, rows, self.times, pointer, failures)
        return _summary("published", self.plan, rows, self.times, new, failures)

    def compare(self, discover: Discover) -> Summary:
        """Write nothing, and say what would change."""
        pointer, last = self.table.current(self.times.started_at)
        rows, failures = self._rows(discover, last)
        summary = _summary("dry run", self.plan, rows, self.times, pointer, failures)
        summary["changes"] = changes(last.rows if last else (), rows)
        return summary

    def _rows(self, discover: Discover, last: Catalog | None) -> tuple[list[ModelRow], list[ListingFailure]]:
        listings = _listings(self.plan.regions, discover) if self.plan.enabled else []
        failures = [failure for listing in listings for failure in listing.failures]
        if listings and not any(listing.is_complete for listing in listings):
            required = [str(failure) for failure in failures if failure.operation in REQUIRED]
            raise RefreshFailed(f"The catalog was not refreshed. {'; '.join(required)}")
        options = self.plan.options
        found = discovered_rows(listings, last, options, self.times)
        home = self.plan.regions[0]
        return assembled(found, self.plan.file.models, options, home, self.times.started_at), failures

    def _is_believed(self, rows: Sequence[ModelRow], pointer: Pointer | None) -> bool:
        """Whether to publish: discovery that is switched off finds nothing on purpose."""
        least = max(1, pointer.models * _LEAST_SHARE if pointer else 1)
        if self.request.force or not self.plan.enabled or len(rows) >= least:
            return True
        digest = _digest(rows)
        if self.table.is_said_again(digest, self.generation):
            return True
        self.table.hold(digest, self.generation, self.times)
        return False


def _listings(regions: Sequence[str], discover: Discover) -> list[RegionListing]:
    """List all regions at once: one that hangs to the last attempt must not take the others' time."""
    with ThreadPoolExecutor(len(regions)) as workers:
        return list(workers.map(discover, regions))


def changes(before: Sequence[ModelRow], after: Sequence[ModelRow]) -> dict[str, list[str]]:
    """Return the ids that were added, removed and changed, with the region where there are several."""
    old, new = _by_name(before), _by_name(after)
    return {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(name for name in new.keys() & old.keys() if _facts(new[name]) != _facts(old[name])),
    }


def _by_name(rows: Sequence[ModelRow]) -> Mapping[str, ModelRow]:
    return {f"{row.region} {row.model_id}": row for row in rows}


def _facts(row: ModelRow) -> Mapping[str, object]:
    return {name: value for name, value in row_to_json(row).items() if name != "discovered_at"}


def _digest(rows: Sequence[ModelRow]) -> str:
    names = "\n".join(sorted(_by_name(rows)))
    return hashlib.sha256(names.encode()).hexdigest()


def _summary(
    status: Status,
    plan: Plan,
    rows: Sequence[ModelRow],
    times: Times,
    served: Pointer | None,
    failures: Sequence[ListingFailure],
) -> Summary:
    return Summary(
        status=status,
        regions=list(plan.regions) if plan.enabled else [],
        models=sum(row.listed for row in rows),
        rows=len(rows),
        refreshed_at=times.started_at,
        age=times.started_at - served.times.started_at if served else 0,
        failures=[str(failure) for failure in failures if failure.reason != "unsupported"],
        unsupported=[str(failure) for failure in failures if failure.reason == "unsupported"],
        warnings=list(plan.file.warnings),
    )
