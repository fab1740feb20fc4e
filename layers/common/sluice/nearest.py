"""What to say of a model's name that nothing has: who does serve it, or which names are most like it."""

from difflib import get_close_matches
from heapq import nsmallest
from typing import TYPE_CHECKING

from sluice.model_facts import served_by_mantle_only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sluice.model_row import ModelRow

# How many names an unknown one is compared with: with each of a large catalog it would take seconds.
_COMPARED = 50
_LIKENESS = 0.5
_MOST_NAMED = 3


def unknown_name(name: str, rows: "Iterable[ModelRow]") -> str:
    """Return a sentence or two about the name; `rows` are what may be named instead."""
    lowered = name.lower()
    if served := sorted(found for found in served_by_mantle_only() if lowered in (found, found.partition(".")[2])):
        return (
            f"{name} is served only by the bedrock-mantle endpoint (as {served[0]}), not by Bedrock Runtime, so "
            "Sluice cannot reach it. GET /v1/models lists what it can."
        )
    near = nearest_names(name, rows)
    nearest = f" The nearest: {', '.join(near)}." if near else ""
    return f"There is no model {name!r}.{nearest} GET /v1/models lists what there is."


def nearest_names(name: str, rows: "Iterable[ModelRow]") -> list[str]:
    """Return ids and aliases of the rows that are most like the name, the likest first; ARNs are like nothing."""
    names = {known.lower(): known for row in rows for known in (row.model_id, *row.aliases)}
    wanted = _trigrams(name.lower())
    candidates = (known for known in names if not known.startswith("arn:"))
    likeliest = nsmallest(_COMPARED, candidates, key=lambda known: (-len(wanted & _trigrams(known)), known))
    return [names[known] for known in get_close_matches(name.lower(), likeliest, n=_MOST_NAMED, cutoff=_LIKENESS)]


def _trigrams(text: str) -> set[str]:
    return {text[at : at + 3] for at in range(len(text) - 2)}
