"""The options by which `sluice keys` is told of a key, and what they change."""

import time
from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from sluice.keys import KeyRow

from sluice_cli.moments import later
from sluice_cli.option_types import Read, label, tag
from sluice_cli.policy_options import PolicyChange, changed_policy, with_policy, with_policy_change

# Options of a key beside its policy that can be unset: the field of the row, and what it is then.
_UNSETTABLE: Mapping[str, tuple[str, Any]] = {
    "owner": ("owner", ""),
    "expires": ("expires_at", 0),
    "tag": ("tags", None),
}


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What is to change of a key: fields of its row, and its policy."""

    fields: Mapping[str, Any]
    policy: PolicyChange

    def __bool__(self) -> bool:
        return bool(self.fields or self.policy)

    def applied_to(self, row: KeyRow) -> KeyRow:
        """Return the row with the changes made and the rest as it was."""
        policy_json = changed_policy(row.policy_json, self.policy) if self.policy else row.policy_json
        return replace(row, **self.fields, policy_json=policy_json)


def with_key(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that makes a key the options of one, and hand it what they mean as `change`."""
    return _with_fields(with_policy(_told(command)), name_required=True)


def with_key_change(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that changes a key those options and `--unset`."""
    return _with_fields(with_policy_change(also_unset=_UNSETTABLE)(_told(command)), name_required=False)


def _told(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def told(
        *arguments: Any,
        change: PolicyChange,
        name: str | None,
        owner: str | None,
        expires: int | None,
        tags: tuple[tuple[str, str], ...],
        **options: Any,
    ) -> None:
        given = {"name": name, "owner": owner, "expires": expires, "tag": dict(tags) or None}
        command(*arguments, change=_change(given, change), **options)

    return told


def _with_fields(command: Callable[..., None], *, name_required: bool) -> Callable[..., None]:
    for option in (
        click.option("--tag", "tags", multiple=True, type=Read("NAME=VALUE", tag), help="A tag. Repeatable."),
        click.option(
            "--expires",
            type=Read("WHEN", lambda text: later(text, time.time())),
            help="When it ends: a date, a time in ISO 8601, or 30d.",
        ),
        click.option("--owner", type=Read("TEXT", label), help="Who answers for it."),
        click.option("--name", required=name_required, type=Read("TEXT", label), help="Whose key."),
    ):
        command = option(command)
    return command


def _change(given: Mapping[str, Any], policy: PolicyChange) -> KeyChange:
    fields: dict[str, Any] = {} if given["name"] is None else {"name": given["name"]}
    for option, (field, empty) in _UNSETTABLE.items():
        if option in policy.unset and given[option] is not None:
            raise click.UsageError(f"--{option} is given and unset.")
        if option in policy.unset:
            fields[field] = empty
        elif given[option] is not None:
            fields[field] = given[option]
    return KeyChange(fields, replace(policy, unset=policy.unset - _UNSETTABLE.keys()))
