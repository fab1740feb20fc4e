"""How one key is shown: all that is known of it, and its secret when it is new."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sluice.keys import KeyRow
from sluice.usage import Used

from sluice_cli.columns import page
from sluice_cli.key_listing import key_object, state_of
from sluice_cli.moments import minute
from sluice_cli.policy_view import Taken, policy_facts, taken_object
from sluice_cli.usage_view import used_object, used_words


@dataclass(frozen=True, slots=True)
class Use:
    """What a key used, and what is taken of its budget."""

    today: Used
    this_month: Used
    taken: Taken


def key_page(row: KeyRow, now: float, use: Use | None = None) -> str:
    """Return the id and a line for each thing that is known."""
    facts = (*_facts(row, now), *policy_facts(row.policy_json, use.taken if use else None))
    used = (("Used today", used_words(use.today)), ("Used this month", used_words(use.this_month))) if use else ()
    return page(row.key_id, (*facts, *used))


def key_page_json(row: KeyRow, now: float, use: Use) -> str:
    """Return the same as an object."""
    value = key_object(row, now) | {
        "used_today": used_object(use.today),
        "used_this_month": used_object(use.this_month),
        "budget_taken": taken_object(use.taken),
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def introduction(text: str, row: KeyRow, url: str | None, now: float) -> str:
    """Return what is said of a key whose secret is new, this once."""
    lines = [f"The key of {row.name}:", "", f"    {text}", ""]
    lines.append("Keep it now: only a hash of it is stored, and it will not be shown again.")
    lines.extend(_warnings(row, now))
    lines.append("Clients send it as `Authorization: Bearer`, `x-api-key` or `api-key`.")
    if url:
        lines.append(f"They call {url}")
    return "\n".join(lines)


def introduction_json(text: str, row: KeyRow, url: str | None, now: float) -> str:
    """Return the same as an object."""
    value: dict[str, Any] = {"key": text, **key_object(row, now), "url": url}
    return json.dumps(value, indent=2, ensure_ascii=False)


def _warnings(row: KeyRow, now: float) -> Iterator[str]:
    if row.rotated_at and now < row.previous_until:
        yield f"The secret before it is good until {minute(row.previous_until)} UTC."
    elif row.rotated_at:
        yield "The secret before it stops working within 30 seconds."
    if row.disabled:
        yield "The key is disabled: `sluice keys enable` lets it in."
    if row.expires_at:
        yield f"It {'expired' if row.has_expired(now) else 'expires'} {minute(row.expires_at)} UTC."


def _facts(row: KeyRow, now: float) -> Iterator[tuple[str, str]]:
    yield "Name", row.name
    yield "Owner", row.owner
    yield "State", state_of(row, now)
    yield "Created", f"{minute(row.created_at)} UTC"
    yield "Expires", f"{minute(row.expires_at)} UTC" if row.expires_at else "never"
    yield "Secret made", f"{minute(row.rotated_at)} UTC" if row.rotated_at else ""
    yield "Secret before it", f"good until {minute(row.previous_until)} UTC" if now < row.previous_until else ""
    yield "Tags", ", ".join(f"{name}={value}" for name, value in (row.tags or {}).items())
