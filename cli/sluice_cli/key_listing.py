"""How keys are listed: columns for people, JSON for programs. A secret's hash is shown to neither."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from sluice.keys import KeyRow

from sluice_cli.columns import aligned
from sluice_cli.moments import iso, minute
from sluice_cli.policy_view import policy_object

_HEADINGS = ("ID", "NAME", "OWNER", "CREATED (UTC)", "EXPIRES (UTC)", "STATE")

State = Literal["active", "disabled", "expired"]


def as_table(rows: Sequence[KeyRow], now: float) -> str:
    """Return aligned columns with a heading."""
    return aligned([_HEADINGS, *(_cells(row, now) for row in rows)])


def as_json(rows: Sequence[KeyRow], now: float) -> str:
    """Return an array of objects."""
    return json.dumps([key_object(row, now) for row in rows], indent=2, ensure_ascii=False)


def key_object(row: KeyRow, now: float) -> dict[str, Any]:
    """Return a key as JSON has it: times are ISO 8601 in UTC, and null for never."""
    return {
        "id": row.key_id,
        "name": row.name,
        "owner": row.owner or None,
        "state": state_of(row, now),
        "created_at": iso(row.created_at),
        "expires_at": iso(row.expires_at),
        "rotated_at": iso(row.rotated_at),
        "previous_secret_until": iso(row.previous_until if now < row.previous_until else 0),
        "tags": dict(row.tags or {}),
        "policy": policy_object(row.policy_json),
    }


def state_of(row: KeyRow, now: float) -> State:
    """Tell whether a key opens anything, and why not."""
    if row.disabled:
        return "disabled"
    return "expired" if row.has_expired(now) else "active"


def _cells(row: KeyRow, now: float) -> tuple[str, ...]:
    expires = minute(row.expires_at) if row.expires_at else "never"
    return row.key_id, row.name, row.owner or "-", minute(row.created_at), expires, state_of(row, now)
