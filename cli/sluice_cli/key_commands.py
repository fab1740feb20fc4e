"""`sluice keys`: make, list and disable the API keys that clients call the gateway with."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sluice.keys import KeyRow, key_id_in, new_key

from sluice_cli.access_table import AccessTable
from sluice_cli.listing import as_json, as_table
from sluice_cli.target import Target, local_target, stack_target

# A name is a label in lists and logs; one line of it is enough.
LONGEST_NAME = 64


@click.group()
def keys() -> None:
    """Make, list and disable API keys."""


def _with_target(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say whose keys are meant."""
    for option in (
        click.option("--profile", metavar="P", help="The AWS profile to use."),
        click.option("--region", metavar="R", help="The stack's region."),
        click.option("--local", is_flag=True, help="The stack on this machine (`make local`)."),
        click.option("--stack-name", metavar="NAME", help="The deployed CloudFormation stack."),
    ):
        command = option(command)
    return command


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
@_with_target
def create(name: str, *, quiet: bool, **where: Any) -> None:
    """Make a key and show it, this once."""
    target = _target(**where)
    text, key = new_key()
    AccessTable(target).add(
        KeyRow(key_id=key.key_id, secret_sha256=key.secret_sha256, name=name, created_at=int(time.time()))
    )
    click.echo(text if quiet else _introduced(text, name, target.url))


@keys.command("list")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@_with_target
def list_keys(*, json_wanted: bool, **where: Any) -> None:
    """List the keys, the oldest first."""
    rows = AccessTable(_target(**where)).rows()
    if json_wanted:
        click.echo(as_json(rows))
    elif rows:
        click.echo(as_table(rows))
    else:
        click.echo("There are no keys yet. `sluice keys create` makes one.")


@keys.command()
@click.argument("key_id", callback=_checked_key_id)
@_with_target
def disable(key_id: str, **where: Any) -> None:
    """Disable a key, given by its id or as a whole."""
    before = AccessTable(_target(**where)).disable(key_id)
    outcome = "was disabled already" if before.disabled else "is disabled"
    click.echo(f"The key {key_id} ({before.name}) {outcome}.")


def _target(*, stack_name: str | None, local: bool, region: str | None, profile: str | None) -> Target:
    if local == bool(stack_name):
        raise click.UsageError("Give either --stack-name or --local.")
    if local and (region or profile):
        raise click.UsageError("--region and --profile go with --stack-name only.")
    target = local_target(Path.cwd()) if local else stack_target(stack_name or "", region, profile)
    click.get_current_context().call_on_close(target.dynamodb.close)
    return target


def _introduced(text: str, name: str, url: str | None) -> str:
    lines = [f"The key of {name}:", "", f"    {text}", ""]
    lines.append("Keep it now: only a hash of it is stored, and it will not be shown again.")
    lines.append("Clients send it as `Authorization: Bearer`, `x-api-key` or `api-key`.")
    if url:
        lines.append(f"They call {url}")
    return "\n".join(lines)
