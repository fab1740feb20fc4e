"""What a refresh answers: what became of it, and, of a dry run, what would change."""

from collections.abc import Mapping, Sequence
from copy import replace
from typing import Any, Literal, NotRequired, TypedDict

from sluice.catalog_items import Pointer
from sluice.model_row import ModelRow, row_members

from catalog_refresh.listings import ListingFailure

Status = Literal["published", "held", "superseded", "busy", "dry run"]

# Of how many changed rows the answer says what changed in them: Lambda's may have 6 MB.
MOST_DETAILED = 1_000


class Changes(TypedDict):
    """The difference between the catalog that is served and the one that was found, by `region model id`.

    `changed` has each row's fields as they were and as they would be, those of the first 1,000 rows; others are empty.
    """

    added: list[str]
    removed: list[str]
    changed: dict[str, dict[str, tuple[Any, Any]]]


class Summary(TypedDict):
    """What a refresh did. `models` is what lists show, `rows` all there is; `refreshed_at` and ages are seconds.

    `age` is that of the last catalog that was published, None: there never was one; `served_rows` are that one's, 0
    where it has expired. `failures` are lists that were denied or did not come, `unsupported` those that a region does
    not have. A dry run has `changes`, and `would_be`: the status of a refresh that found the same.
    """

    status: Status
    regions: list[str]
    models: int
    rows: int
    served_rows: int
    refreshed_at: int
    age: int | None
    failures: list[str]
    unsupported: list[str]
    warnings: list[str]
    would_be: NotRequired[Status]
    changes: NotRequired[Changes]


def summary_of(
    status: Status,
    rows: Sequence[ModelRow],
    last: Pointer | None,
    *,
    started_at: int,
    regions: Sequence[str] = (),
    failures: Sequence[ListingFailure] = (),
    warnings: Sequence[str] = (),
) -> Summary:
    """Return what a run that found these rows answers; `last` is what was published last when it ends."""
    return Summary(
        status=status,
        regions=list(regions),
        models=sum(row.listed for row in rows),
        rows=len(rows),
        served_rows=0 if last is None or last.times.have_expired(started_at) else last.models,
        refreshed_at=started_at,
        age=started_at - last.times.started_at if last else None,
        failures=[str(failure) for failure in failures if failure.reason != "unsupported"],
        unsupported=[str(failure) for failure in failures if failure.reason == "unsupported"],
        warnings=list(warnings),
    )


def changes_between(before: Sequence[ModelRow], after: Sequence[ModelRow]) -> Changes:
    """Return what was added, removed and changed, in the order of names."""
    old, new = by_name(before), by_name(after)
    changed = [name for name in sorted(new.keys() & old.keys()) if _facts(new[name]) != _facts(old[name])]
    return Changes(
        added=sorted(new.keys() - old.keys()),
        removed=sorted(old.keys() - new.keys()),
        changed={
            name: _fields(old[name], new[name]) if number < MOST_DETAILED else {} for number, name in enumerate(changed)
        },
    )


def by_name(rows: Sequence[ModelRow]) -> Mapping[str, ModelRow]:
    """Return the rows by region and id, which together are of one row only."""
    return {f"{row.region} {row.model_id}": row for row in rows}


def _facts(row: ModelRow) -> ModelRow:
    return replace(row, discovered_at=0)


def _fields(old: ModelRow, new: ModelRow) -> dict[str, tuple[Any, Any]]:
    was, would_be = row_members(_facts(old)), row_members(_facts(new))
    return {name: (was[name], value) for name, value in would_be.items() if value != was[name]}
