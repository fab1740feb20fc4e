"""How keys are shown: columns for people, JSON for programs. The secret's hash is shown to neither."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sluice.keys import KeyRow

from sluice_cli.columns import aligned

_HEADINGS = ("ID", "NAME", "CREATED (UTC)", "STATE")


def as_table(rows: Sequence[KeyRow]) -> str:
    """Return aligned columns with a heading."""
    return aligned([_HEADINGS, *map(_cells, rows)])


def as_json(rows: Sequence[KeyRow]) -> str:
    """Return an array of objects; times are ISO 8601 in UTC."""
    keys = [
        {"id": row.key_id, "name": row.name, "created_at": f"{_created(row):%Y-%m-%dT%H:%M:%SZ}", "state": _state(row)}
        for row in rows
    ]
    return json.dumps(keys, indent=2, ensure_ascii=False)


def _cells(row: KeyRow) -> tuple[str, ...]:
    return row.key_id, row.name, f"{_created(row):%Y-%m-%d %H:%M}", _state(row)


def _created(row: KeyRow) -> datetime:
    return datetime.fromtimestamp(row.created_at, UTC)


def _state(row: KeyRow) -> str:
    return "disabled" if row.disabled else "active"
