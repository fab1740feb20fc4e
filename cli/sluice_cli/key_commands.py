"""`sluice keys`: the API keys that clients call the gateway with."""

import time
from copy import replace

import click
from sluice.access_items import day_of
from sluice.key_issuing import draft_key
from sluice.keys import KeyRow, key_id_in, new_secret
from sluice.usage import total

from sluice_cli.access_table import AccessTable
from sluice_cli.key_listing import as_json, as_table
from sluice_cli.key_options import KeyChange, with_key, with_key_change
from sluice_cli.key_page import Use, introduction, introduction_json, key_page, key_page_json
from sluice_cli.moments import duration
from sluice_cli.option_types import Read
from sluice_cli.policy_options import check_given
from sluice_cli.policy_view import Taken, outcome
from sluice_cli.target import Target
from sluice_cli.target_options import with_target


@click.group()
def keys() -> None:
    """Make, change, list and disable API keys. KEY_ID is a key's id, or a whole key."""


def _key_id(text: str) -> str:
    if key_id := key_id_in(text.strip()):
        return key_id
    # What was typed may be most of a secret, and is not repeated.
    raise ValueError("must be a key's id (16 characters of a-z and 2-7) or a whole key (slc_…)")


_with_key_id = click.argument("key_id", type=Read("KEY_ID", _key_id))
_with_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
_with_quiet = click.option("--quiet", is_flag=True, help="Print the key and nothing else.")


@keys.command()
@with_key
@_with_quiet
@_with_json
@with_target
def create(change: KeyChange, *, quiet: bool, json_wanted: bool, target: Target) -> None:
    """Make a key and show it, this once. Without other options it may do everything."""
    _check_one_form(quiet=quiet, json_wanted=json_wanted)
    text, row = AccessTable(target).issue(change.applied_to(draft_key("")))
    _show_secret(text, row, target, quiet=quiet, json_wanted=json_wanted)


@keys.command("list")
@_with_json
@with_target
def list_keys(*, json_wanted: bool, target: Target) -> None:
    """List the keys, the oldest first."""
    rows, now = AccessTable(target).keys(), time.time()
    if json_wanted:
        click.echo(as_json(rows, now))
    elif rows:
        click.echo(as_table(rows, now))
    else:
        click.echo("There are no keys yet. `sluice keys create` makes one.")


@keys.command()
@_with_key_id
@_with_json
@with_target
def show(key_id: str, *, json_wanted: bool, target: Target) -> None:
    """Show all that is known of a key, and what it has used."""
    table, now = AccessTable(target), time.time()
    row = table.key(key_id)
    click.echo((key_page_json if json_wanted else key_page)(row, now, _use(table, key_id, day_of(now))))


@keys.command("set")
@_with_key_id
@with_key_change
@with_target
def set_key(key_id: str, change: KeyChange, *, target: Target) -> None:
    """Change what is given of a key, and nothing else.

    What is given several times takes the place of all that was there: the models that are allowed, for example.
    """
    check_given(change)
    table = AccessTable(target)
    before = table.key(key_id)
    after = change.applied_to(before)
    table.change_key(before, after)
    click.echo(f"{key_page(after, time.time())}\n\n{outcome(has_changed=after != before)}")


@keys.command()
@_with_key_id
@click.option(
    "--overlap",
    type=Read("TIME", duration),
    default="24h",
    show_default=True,
    help="How long the secret before it stays good; 0: not at all.",
)
@_with_quiet
@_with_json
@with_target
def rotate(key_id: str, *, overlap: int, quiet: bool, json_wanted: bool, target: Target) -> None:
    """Give a key a new secret and show it, this once. The id and all else of the key stay."""
    _check_one_form(quiet=quiet, json_wanted=json_wanted)
    table, now = AccessTable(target), int(time.time())
    before = table.key(key_id)
    text, new = new_secret(key_id)
    after = replace(
        before,
        secret_sha256=new.secret_sha256,
        previous_sha256=before.secret_sha256 if overlap else "",
        previous_until=now + overlap if overlap else 0,
        rotated_at=now,
    )
    table.change_key(before, after)
    _show_secret(text, after, target, quiet=quiet, json_wanted=json_wanted)


@keys.command()
@_with_key_id
@with_target
def disable(key_id: str, target: Target) -> None:
    """Disable a key."""
    before = AccessTable(target).set_disabled(key_id, disabled=True)
    click.echo(f"The key {key_id} ({before.name}) {'was disabled already' if before.disabled else 'is disabled'}.")


@keys.command()
@_with_key_id
@with_target
def enable(key_id: str, target: Target) -> None:
    """Let a key in again that was disabled."""
    before = AccessTable(target).set_disabled(key_id, disabled=False)
    click.echo(f"The key {key_id} ({before.name}) {'is enabled' if before.disabled else 'was enabled already'}.")


@keys.command()
@_with_key_id
@click.option("--yes", is_flag=True, help="Do not ask first.")
@with_target
def delete(key_id: str, *, yes: bool, target: Target) -> None:
    """Delete a key for good. What it has used stays recorded."""
    table = AccessTable(target)
    name = table.key(key_id).name
    if not yes:
        click.confirm(f"Delete the key {key_id} ({name}) for good?", abort=True, err=True)
    table.delete_key(key_id)
    click.echo(f"The key {key_id} ({name}) is deleted.")


def _use(table: AccessTable, key_id: str, today: str) -> Use:
    rows = table.usage_of(key_id, f"{today[:7]}-01", today)
    return Use(
        total(row.used for row in rows if row.day == today),
        total(row.used for row in rows),
        Taken(*table.taken_of_budget(f"KEY#{key_id}", today)),
    )


def _check_one_form(*, quiet: bool, json_wanted: bool) -> None:
    # Before there is a secret, which would be lost.
    if quiet and json_wanted:
        raise click.UsageError("Give either --quiet or --json.")


def _show_secret(text: str, row: KeyRow, target: Target, *, quiet: bool, json_wanted: bool) -> None:
    shown = introduction_json if json_wanted else introduction
    click.echo(text if quiet else shown(text, row, target.url, time.time()))
