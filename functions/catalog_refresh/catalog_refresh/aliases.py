"""The other names of a model: what its maker's clients call it, each for one model of a region."""

from collections.abc import Iterable, Sequence
from copy import replace

from sluice.model_facts import facts_of
from sluice.model_ids import short_names
from sluice.model_row import ModelRow


def with_aliases(rows: Sequence[ModelRow]) -> list[ModelRow]:
    """Give each row of a region its aliases; a name that several could have goes to the newest that is ACTIVE.

    A model's profiles have none: its own row leads to them. One that is listed through its profiles only has its
    aliases at the profile to prefer.
    """
    taken = {row.model_id.lower() for row in rows}
    found: dict[str, tuple[str, ...]] = {}
    for row in sorted(_bearers(rows), key=_newest_first):
        names = [name for name in _names(row) if name.lower() not in taken]
        taken.update(name.lower() for name in names)
        found[row.model_id] = tuple(dict.fromkeys(names))
    return [replace(row, aliases=found.get(row.model_id, ())) for row in rows]


def _bearers(rows: Sequence[ModelRow]) -> Iterable[ModelRow]:
    """Return a row for each base model, and every row that has names of its own."""
    bases = {row.base_model_id.lower() for row in rows if row.kind == "foundation-model"}
    for row in rows:
        if row.kind != "inference-profile":
            yield row
        elif row.base_model_id.lower() not in bases:
            bases.add(row.base_model_id.lower())
            yield row


def _newest_first(row: ModelRow) -> tuple[bool, bool, tuple[int, ...]]:
    # Ids end with a date or a version: what is greater as text is newer.
    newest = tuple(-ord(character) for character in row.model_id)
    return row.lifecycle.status != "ACTIVE", not row.listed, newest


def _names(row: ModelRow) -> tuple[str, ...]:
    if row.kind not in ("foundation-model", "inference-profile"):
        return row.aliases
    facts = facts_of(row.base_model_id)
    return (*short_names(row.base_model_id), *(facts.aliases if facts else ()))
