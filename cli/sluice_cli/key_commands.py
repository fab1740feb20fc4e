"""`sluice keys`: make, list and disable the API keys that clients call the gateway with."""

import click
from sluice.key_issuing import draft_key
from sluice.keys import key_id_in

from sluice_cli.access_table import AccessTable
from sluice_cli.listing import as_json, as_table
from sluice_cli.target import Target
from sluice_cli.target_options import with_target

# A name is a label in lists and logs; one line of it is enough.
LONGEST_NAME = 64


@click.group()
def keys() -> None:
    """Make, list and disable API keys."""


def _checked_name(_context: click.Context, _option: click.Parameter, value: str) -> str:
    name = value.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise click.BadParameter(f"must be 1 to {LONGEST_NAME} printable characters")
    return name


def _checked_key_id(_context: click.Context, _argument: click.Parameter, value: str) -> str:
    key_id = key_id_in(value.strip())
    if key_id is None:
        # What was typed may be most of a secret, and is not repeated.
        raise click.BadParameter("must be a key's id (16 characters of a-z and 2-7) or a whole key (slc_…)")
    return key_id


@keys.command()
@click.option("--name", required=True, callback=_checked_name, help="Whose key.")
@click.option("--quiet", is_flag=True, help="Print the key and nothing else.")
@with_target
def create(name: str, *, quiet: bool, target: Target) -> None:
    """Make a key and show it, this once."""
    text = AccessTable(target).issue(draft_key(name))
    click.echo(text if quiet else _introduced(text, name, target.url))


@keys.command("list")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@with_target
def list_keys(*, json_wanted: bool, target: Target) -> None:
    """List the keys, the oldest first."""
    rows = AccessTable(target).rows()
    if json_wanted:
        click.echo(as_json(rows))
    elif rows:
        click.echo(as_table(rows))
    else:
        click.echo("There are no keys yet. `sluice keys create` makes one.")


@keys.command()
@click.argument("key_id", callback=_checked_key_id)
@with_target
def disable(key_id: str, target: Target) -> None:
    """Disable a key, given by its id or as a whole."""
    before = AccessTable(target).disable(key_id)
    outcome = "was disabled already" if before.disabled else "is disabled"
    click.echo(f"The key {key_id} ({before.name}) {outcome}.")


def _introduced(text: str, name: str, url: str | None) -> str:
    lines = [f"The key of {name}:", "", f"    {text}", ""]
    lines.append("Keep it now: only a hash of it is stored, and it will not be shown again.")
    lines.append("Clients send it as `Authorization: Bearer`, `x-api-key` or `api-key`.")
    if url:
        lines.append(f"They call {url}")
    return "\n".join(lines)
