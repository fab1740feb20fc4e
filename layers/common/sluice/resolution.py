"""A client's model name → exactly one thing to invoke: what the catalog says, the order of profiles, the residency.

Pure: whoever holds a catalog makes a `Names` of it once, and each name is then looked up in a dictionary.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sluice.model_ids import (
    PROFILE_PREFIXES,
    model_of_arn,
    profile_prefix,
    region_of_arn,
    without_first_revision,
    without_prefix,
)
from sluice.residency import ANYWHERE, Residency

if TYPE_CHECKING:
    from sluice.model_row import ModelRow

# What stands for application profiles in an order of preference.
APPLICATION = "application"
PREFERENCES = (*PROFILE_PREFIXES, APPLICATION)

_ARN = re.compile(r"arn:aws[a-z-]*:(bedrock|sagemaker):", re.ASCII)
_PROFILE_OF_ARN = re.compile(r"arn:[^:]+:bedrock:[^:]*:[^:]*:inference-profile/([^/]+)", re.ASCII)
# `anthropic.claude-opus-4-5`, with or without a profile's prefix; `gpt-4.1` is none.
_BEDROCK_ID = re.compile(r"([a-z-]+\.)?[a-z][a-z0-9]*\.[a-z][a-z0-9.:_-]*", re.ASCII | re.IGNORECASE)


class Unresolvable(Exception):
    """A name leads to nothing that may be invoked; the message may be shown to the client."""


class UnknownName(Unresolvable):
    """Nothing has this name."""


class OutsideResidency(Unresolvable):
    """What has this name may be worked on where the residency policy forbids it."""


class Policy(NamedTuple):
    """How the operator wants names understood. `region` is where Bedrock Runtime is asked first.

    `preference` are words of `PREFERENCES`, the one to prefer first; profiles of none of them come after, in the
    catalog's order.
    """

    region: str
    preference: tuple[str, ...] = ()
    residency: Residency = ANYWHERE


class Resolved(NamedTuple):
    """What to invoke in which region, and the foundation model behind it; empty: unknown.

    `row` is what the catalog says of the name; None: it has none.
    """

    invoke_id: str
    base_model_id: str = ""
    region: str = ""
    row: "ModelRow | None" = None

    @property
    def foundation_id(self) -> str:
        """The foundation model, which is what CountTokens takes; what is invoked where the model is not known."""
        return self.base_model_id or self.invoke_id


class Names:
    """Every name of a catalog's rows. Rows of the policy's region come first, then those of others, in their order."""

    def __init__(self, rows: "Iterable[ModelRow]", policy: Policy) -> None:
        self._policy = policy
        self._regions = {policy.region}
        self._rows: dict[str, ModelRow] = {}
        # By id: the rows of the same thing in further regions.
        self._elsewhere: dict[str, list[ModelRow]] = {}
        # A model's own id counts before what others call themselves; ids may lack or have the first revision.
        ordered = sorted(rows, key=lambda row: row.region != policy.region)
        for names_of in (_own_names, _spellings, lambda row: row.aliases):
            for row in ordered:
                for name in names_of(row):
                    self._rows.setdefault(name.lower(), row)
        for row in ordered:
            if row.region != policy.region:
                self._add_elsewhere(row)

    def resolve(self, name: str, may_use: "Callable[[ModelRow], bool] | None" = None) -> Resolved:
        """Return what to invoke for a name without OpenClaw's provider in front.

        `may_use` tells which rows may be named to a caller who asks for what is not there; None: all.

        Raises:
            UnknownName: neither the catalog has it nor does it look like a Bedrock id.
            OutsideResidency: all that could be invoked may be worked on outside.
        """
        first = self.named(name)
        if first is None:
            return self._passed(name, may_use)
        rows = self._rows_of(name, first)
        for row in rows:
            for invoke_id, found in self._candidates(row):
                if self._stays_inside(invoke_id, row.region, found):
                    return Resolved(_as_written(name, row, invoke_id), row.base_model_id, row.region, row)
        if not any(row.invoke_id for row in rows):
            # The catalog may be older than the model's first profile.
            return self._passed(first.model_id)._replace(row=first)
        raise _outside(name, self._policy.residency)

    def named(self, name: str) -> "ModelRow | None":
        """Return the row that a name is the name of, whether or not it may be invoked; None: there is none."""
        return self._rows.get(name.lower()) or self._named_in_short(name)

    def unknown(self, name: str, may_use: "Callable[[ModelRow], bool] | None" = None) -> str:
        """Return what to say of a name that nothing has, to a caller who may use these rows; None: all."""
        # The facts of all models and difflib are slow to import.
        from sluice.nearest import unknown_name

        listed = (row for row in self._rows.values() if row.listed)
        return unknown_name(name, filter(may_use, listed) if may_use else listed)

    def is_inside(self, row: "ModelRow") -> bool:
        """Tell whether the residency policy lets something be invoked for the row, in its region."""
        if not row.invoke_id:
            return self._stays_inside(row.model_id, row.region, None)
        return any(self._stays_inside(invoke_id, row.region, found) for invoke_id, found in self._candidates(row))

    def base_model_id(self, invoke_id: str) -> str:
        """Return the foundation model behind what `resolve` returned; its own id where the catalog has none."""
        row = self._rows.get(invoke_id.lower())
        return (row.base_model_id if row else "") or invoke_id

    def row_of(self, invoke_id: str, region: str = "") -> "ModelRow | None":
        """Return the row of exactly what `resolve` returned, an id or an ARN; None: there is none.

        Without a region it is the policy's.
        """
        row = self._row_in(invoke_id, region or self._policy.region)
        # What an id stands for in a client's mouth may be invoked as something else, at another price.
        return row if row and invoke_id.lower() in (row.invoke_id.lower(), row.arn.lower()) else None

    def _named_in_short(self, name: str) -> "ModelRow | None":
        """Understand a maker's name with Bedrock's words in front: `us.anthropic.claude-opus-4-5`, `us.nova-pro`."""
        prefix, rest = profile_prefix(name), without_prefix(name).lower()
        provider, _, short = rest.partition(".")
        of_provider = self._rows.get(short)
        if of_provider and of_provider.base_model_id.lower().startswith(f"{provider}."):
            row: ModelRow | None = of_provider
        else:
            row = self._rows.get(rest) if prefix else None
        return self._rows.get(f"{prefix}.{row.base_model_id}".lower()) if row and prefix else row

    def _add_elsewhere(self, row: "ModelRow") -> None:
        self._regions.add(row.region)
        if self._rows[row.model_id.lower()] is not row:
            self._elsewhere.setdefault(row.model_id.lower(), []).append(row)

    def _rows_of(self, name: str, first: "ModelRow") -> "Sequence[ModelRow]":
        """Return the rows that a name may mean, the first region first; an ARN names its region."""
        if name.startswith("arn:"):
            return (first,)
        return (first, *self._elsewhere.get(first.model_id.lower(), ()))

    def _row_in(self, name: str, region: str) -> "ModelRow | None":
        first = self._rows.get(name.lower())
        if first is None:
            return None
        return next((row for row in self._rows_of(name, first) if row.region == region), None)

    def _candidates(self, row: "ModelRow") -> "Iterator[tuple[str, ModelRow | None]]":
        """Return what the row can be invoked as, the one to prefer first, each with its row, where there is one."""
        if row.kind != "foundation-model":
            if row.invoke_id:
                yield row.invoke_id, row
            return
        if row.on_demand:
            yield row.model_id, None
        for profile_id in sorted(row.profile_ids, key=self._rank):
            yield profile_id, self._row_in(profile_id, row.region)

    def _stays_inside(self, invoke_id: str, region: str, row: "ModelRow | None") -> bool:
        """Tell whether the policy permits what is asked for in a region; `row` is its row there."""
        residency = self._policy.residency
        if not residency.allows(region):
            return False
        # A router may pick any profile.
        if row and row.destinations and row.kind != "prompt-router":
            return residency.allows_all(row.destinations)
        prefix = _prefix_of(invoke_id)
        return residency.allows_prefix(prefix) if prefix else residency.allows_all(_known_places(invoke_id, region))

    def _rank(self, profile_id: str) -> int:
        word = profile_prefix(profile_id) or APPLICATION
        preference = self._policy.preference
        return preference.index(word) if word in preference else len(preference)

    def _passed(self, name: str, may_use: "Callable[[ModelRow], bool] | None" = None) -> Resolved:
        """Pass on what only Bedrock can judge: a catalog may be old, or lack what the filter kept out."""
        if not _ARN.match(name) and not _BEDROCK_ID.fullmatch(name):
            raise UnknownName(self.unknown(name, may_use))
        # An ARN is understood in its own region only. Which regions may be asked is the operator's choice.
        named = region_of_arn(name) if name.startswith("arn:") else ""
        region = named if named in self._regions else self._policy.region
        if not self._stays_inside(name, region, None):
            raise _outside(name, self._policy.residency)
        return Resolved(name, model_of_arn(name), region)


def _own_names(row: "ModelRow") -> Iterator[str]:
    yield row.model_id
    if row.arn:
        yield row.arn


def _spellings(row: "ModelRow") -> Iterator[str]:
    if row.kind in ("foundation-model", "inference-profile", "manual"):
        yield without_first_revision(row.model_id)
        yield f"{row.model_id}:0"


def _as_written(name: str, row: "ModelRow", invoke_id: str) -> str:
    """An ARN of what is invoked anyway is invoked by that ARN, as the client's own IAM policies may demand."""
    return name if row.arn and name.lower() == row.arn.lower() and invoke_id == row.model_id else invoke_id


def _known_places(name: str, region: str) -> Sequence[str]:
    """Return where a foundation model's id or ARN is worked on; empty: it is something else, and nobody knows."""
    if not name.startswith("arn:"):
        return (region,)
    named = region_of_arn(name)
    return (named,) if named and model_of_arn(name) else ()


def _prefix_of(name: str) -> str:
    """Return the prefix of a system-defined profile, named by id or ARN."""
    profile = _PROFILE_OF_ARN.fullmatch(name)
    return profile_prefix(profile[1] if profile else name)


def _outside(name: str, residency: Residency) -> OutsideResidency:
    return OutsideResidency(
        f"{name} could be worked on outside {residency}, which the operator's residency policy forbids. Name an "
        "inference profile or a model that stays inside."
    )


def preference_of(text: str) -> tuple[str, ...]:
    """Read an order of preference: words of `PREFERENCES` separated by commas, with or without a dot.

    Raises:
        ValueError: a word is none of them; the message names it.
    """
    words = tuple(word.strip().lower().removesuffix(".") for word in text.split(",") if word.strip())
    for word in words:
        if word not in PREFERENCES:
            raise ValueError(f"{word!r} is none of {', '.join(PREFERENCES)}")
    return words
