"""How the catalog's models are chosen and shown: columns for people, JSON for programs."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sluice.catalog import Catalog
from sluice.model_row import ModelRow, row_members

from sluice_cli.columns import aligned

# What a list can be narrowed to, by the word for it.
ABILITIES: Mapping[str, Callable[[ModelRow], bool]] = {
    "tools": lambda row: row.tool_use,
    "reasoning": lambda row: row.reasoning is not None,
    "caching": lambda row: row.prompt_caching is not None,
    "json": lambda row: row.structured_output,
}
_UNKNOWN = "-"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which models are wanted: those that pass each of these, where it is given. Words are compared without case.

    Every one of `words` is in the id, the name or an alias. `has_all`: also what model lists do not show.
    """

    words: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()
    has_all: bool = False


def selected(rows: Iterable[ModelRow], filters: Filters, now: float) -> list[ModelRow]:
    """Return the rows that pass, in their order; of an id in several regions the first, unless all are wanted."""
    passing = [row for row in rows if _passes(row, filters)]
    if filters.has_all:
        return passing
    found: dict[str, ModelRow] = {}
    for row in passing:
        if row.listed and not row.lifecycle.has_ended(now):
            found.setdefault(row.model_id.lower(), row)
    return list(found.values())


def as_table(rows: Sequence[ModelRow], *, has_all: bool) -> str:
    """Return aligned columns with a heading. A question mark is behind what nobody vouches for."""
    columns = _columns(rows, has_all=has_all)
    return aligned([list(columns), *([cell(row) for cell in columns.values()] for row in rows)])


def as_json(rows: Sequence[ModelRow]) -> str:
    """Return an array of objects with all that the catalog knows."""
    return json.dumps([row_members(row) for row in rows], indent=2, ensure_ascii=False)


def standing(catalog: Catalog, count: int, now: float) -> str:
    """Say how many models are shown, and how old the catalog is."""
    counted = f"{count} model{'' if count == 1 else 's'}"
    found = f"found {ago(now - catalog.times.started_at)}"
    if catalog.failed_at > catalog.times.started_at:
        return f"{counted}, {found}. Stale: the refresh of {ago(now - catalog.failed_at)} failed."
    # With an interval of 0 each list that a client asks for is found anew.
    is_due = catalog.times.refresh_interval > 0 and catalog.is_stale(now)
    return f"{counted}, {found}.{' Stale: a refresh is due.' if is_due else ''}"


def ago(seconds: float) -> str:
    """Say how long ago something was, in its largest unit."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def tokens(count: int) -> str:
    """Write a number of tokens as people say it: 200k, 1M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= size and count % (size // 10) == 0:
            return f"{count / size:g}{unit}"
    return str(count)


def _passes(row: ModelRow, filters: Filters) -> bool:
    names = "\n".join((row.model_id, row.name, *row.aliases)).lower()
    return (
        all(word.lower() in names for word in filters.words)
        and _is_among(row.provider, filters.providers)
        and _is_among(row.region, filters.regions)
        and all(word.upper() in row.input_modalities for word in filters.inputs)
        and all(ABILITIES[word](row) for word in filters.abilities)
    )


def _is_among(value: str, wanted: Sequence[str]) -> bool:
    return not wanted or value.lower() in {word.lower() for word in wanted}


def _columns(rows: Sequence[ModelRow], *, has_all: bool) -> Mapping[str, Callable[[ModelRow], str]]:
    columns: dict[str, Callable[[ModelRow], str]] = {"MODEL": lambda row: row.model_id}
    if has_all or len({row.region for row in rows}) > 1:
        columns["REGION"] = lambda row: row.region
    if has_all:
        columns["STATE"] = _state
    return columns | {
        "INPUT": lambda row: ",".join(word.lower() for word in row.input_modalities),
        "CONTEXT": lambda row: tokens(row.context_window) + _mark(row, "context_window"),
        "OUTPUT": lambda row: tokens(row.max_output_tokens) + _mark(row, "max_output_tokens"),
        "CAN": lambda row: ",".join(word for word, has in ABILITIES.items() if has(row)) or _UNKNOWN,
        "$/M IN": lambda row: _price(row, "input"),
        "$/M OUT": lambda row: _price(row, "output"),
        "NAME": lambda row: row.name,
    }


def _state(row: ModelRow) -> str:
    if row.listed:
        return "listed"
    return "legacy" if row.lifecycle.status == "LEGACY" else "unlisted"


def _mark(row: ModelRow, field: str) -> str:
    return "?" if field in row.assumed else ""


def _price(row: ModelRow, member: str) -> str:
    price = row.price()
    value = getattr(price, member) if price else None
    return _UNKNOWN if value is None else f"{_dollars(value)}{_mark(row, 'prices')}"


def _dollars(value: float) -> str:
    """Write dollars with their cents, and with what is less than a cent where there is any."""
    whole, _, cents = f"{value:.6f}".partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}"
