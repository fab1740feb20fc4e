"""What was used, added up by key, role, model, day or month: columns for people, CSV and JSON for programs. Pure."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.access_items import principals_of
from sluice.cost import dollars
from sluice.usage import COUNTS, UsageRow, Used, total

from sluice_cli.columns import aligned, right_aligned
from sluice_cli.usage_view import counted, used_object

_MICRO = 1_000
_NUMBERS = (
    ("REQUESTS", "requests"),
    ("FAILED", "failed_requests"),
    ("INPUT", "input_tokens"),
    ("OUTPUT", "output_tokens"),
    ("CACHE READ", "cache_read_tokens"),
    ("CACHE WRITE", "cache_write_tokens"),
)
_TOKENS = "_tokens"
# How a row is told by each grouping. A caller is a key's id or an ARN.
GROUPINGS: Mapping[str, Callable[[UsageRow], str]] = {
    "key": lambda row: row.caller,
    "role": lambda row: principals_of(row.caller)[-1],
    "model": lambda row: row.model,
    "day": lambda row: row.day,
    "month": lambda row: row.day[:7],
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was used from one day through another, by groups in order. `names` are those of keys, by their ids."""

    since: str
    until: str
    by: tuple[str, ...]
    groups: Mapping[tuple[str, ...], Used]
    names: Mapping[str, str]

    @property
    def total(self) -> Used:
        """All of it."""
        return total(self.groups.values())


def grouped(rows: Iterable[UsageRow], by: Sequence[str]) -> Mapping[tuple[str, ...], Used]:
    """Add the rows up that are the same in everything that is named, sorted by it."""
    groups: dict[tuple[str, ...], Used] = {}
    for row in rows:
        group = tuple(GROUPINGS[name](row) for name in by)
        groups[group] = total((groups.get(group, Used()), row.used))
    return dict(sorted(groups.items()))


def as_table(report: Report) -> str:
    """Return aligned columns with a total, and notes on what is not certain."""
    if not report.groups:
        return f"Nothing was used from {report.since} through {report.until}."
    labels = _labels(report)
    rows = [
        [*(label.upper() for label in labels), *(heading for heading, _ in _NUMBERS), "COST (USD)"],
        *([*_cells(report, group), *_numbers(used)] for group, used in report.groups.items()),
        ["TOTAL", *[""] * (len(labels) - 1), *_numbers(report.total)],
    ]
    numbers = range(len(labels), len(rows[0]))
    parts = (f"{report.since} through {report.until}, UTC", aligned(right_aligned(rows, numbers)), _notes(report.total))
    return "\n\n".join(filter(None, parts))


def as_csv(report: Report) -> str:
    """Return a line of names and one for each group; a cost of which nothing is known is the word `unknown`."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    counts = [name for name in COUNTS if name != "cost_nano_usd"]
    writer.writerow([*_labels(report), *counts, "cost_usd"])
    for group, used in report.groups.items():
        writer.writerow([*_cells(report, group), *(getattr(used, name) for name in counts), _exact(used)])
    return lines.getvalue().removesuffix("\n")


def as_json(report: Report) -> str:
    """Return an object with the span, the groups and the total; a cost of which nothing is known is null."""
    labels = _labels(report)
    rows: list[dict[str, Any]] = [
        dict(zip(labels, _cells(report, group), strict=True)) | used_object(used)
        for group, used in report.groups.items()
    ]
    value = {"since": report.since, "until": report.until, "rows": rows, "total": used_object(report.total)}
    return json.dumps(value, indent=2, ensure_ascii=False)


def _labels(report: Report) -> list[str]:
    """Name the columns of the groups; beside a key's id stands its name."""
    return [label for name in report.by for label in ((name, "name") if name == "key" else (name,))]


def _cells(report: Report, group: Sequence[str]) -> list[str]:
    return [
        cell
        for name, value in zip(report.by, group, strict=True)
        for cell in ((value, report.names.get(value, "")) if name == "key" else (value,))
    ]


def _numbers(used: Used) -> list[str]:
    about = "~" if used.estimated_requests else ""
    counts = (f"{about if name.endswith(_TOKENS) else ''}{getattr(used, name):,}" for _, name in _NUMBERS)
    return [*counts, f"{about}{_rounded(used)}"]


def _rounded(used: Used) -> str:
    """Write a cost in dollars, rounded up to a millionth, with a plus where there is more of it."""
    known = used.known_cost_nano_usd
    if known is None:
        return "unknown"
    whole, fraction = divmod(-(-known // _MICRO), 1_000_000)
    return f"{whole:,}.{fraction:06}{'+' if used.unpriced_requests else ''}"


def _exact(used: Used) -> str:
    known = used.known_cost_nano_usd
    return "unknown" if known is None else dollars(known)


def _notes(total: Used) -> str:
    unpriced, estimated = total.unpriced_requests, total.estimated_requests
    notes = (
        f"+ or unknown: what {counted(unpriced, 'request')} cost is not known." if unpriced else "",
        f"~ what {counted(estimated, 'request')} used is estimated: Bedrock did not say." if estimated else "",
    )
    return "\n".join(filter(None, notes))
