"""`sluice models`: what the catalog has, and its refresh."""

import json
import time

import click
from sluice.resolution import Names, Policy

from sluice_cli.catalog import read_catalog
from sluice_cli.errors import CommandError
from sluice_cli.model_listing import ABILITIES, Filters, as_json, as_table, selected, standing
from sluice_cli.model_page import model_page
from sluice_cli.refresh_function import invoke_refresh
from sluice_cli.refresh_report import reported
from sluice_cli.target import Target
from sluice_cli.target_options import with_target

# OpenClaw writes a model's name with its provider in front.
_PROVIDER_PREFIX = "amazon-bedrock/"
_EMPTY = "There is no catalog yet. `sluice models refresh` makes one."


@click.group()
def models() -> None:
    """List the models of the catalog, and have it refreshed."""


@models.command("list")
@click.argument("words", nargs=-1)
@click.option("--provider", "providers", multiple=True, metavar="NAME", help="Of this provider, by its whole name.")
@click.option("--model-region", "regions", multiple=True, metavar="R", help="Of this region.")
@click.option("--input", "inputs", multiple=True, metavar="KIND", help="That take this: image, video, …")
@click.option("--can", "abilities", multiple=True, type=click.Choice(list(ABILITIES)), help="That can do this.")
@click.option("--all", "has_all", is_flag=True, help="Also what clients' lists do not show, of every region.")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@with_target
def list_models(
    words: tuple[str, ...],
    *,
    providers: tuple[str, ...],
    regions: tuple[str, ...],
    inputs: tuple[str, ...],
    abilities: tuple[str, ...],
    has_all: bool,
    json_wanted: bool,
    target: Target,
) -> None:
    """List the models whose id, name or alias has all of WORDS in it."""
    catalog, now = read_catalog(target), time.time()
    filters = Filters(words, providers, regions, inputs, abilities, has_all=has_all)
    rows = selected(catalog.rows if catalog else (), filters, now)
    if json_wanted:
        click.echo(as_json(rows))
    elif catalog is None:
        click.echo(_EMPTY)
    else:
        if rows:
            click.echo(f"{as_table(rows, has_all=has_all)}\n")
        click.echo(standing(catalog, len(rows), now))


@models.command()
@click.argument("name")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@with_target
def show(name: str, *, json_wanted: bool, target: Target) -> None:
    """Show all that is known of a model, given by any of its names."""
    catalog = read_catalog(target)
    if catalog is None:
        raise CommandError(_EMPTY)
    names = Names(catalog.rows, Policy(target.region))
    model_name = name.strip().removeprefix(_PROVIDER_PREFIX)
    row = names.named(model_name)
    if row is None:
        raise CommandError(names.unknown(model_name))
    if json_wanted:
        click.echo(as_json([row]))
        return
    same = [other.region for other in catalog.rows if (other.kind, other.model_id) == (row.kind, row.model_id)]
    click.echo(model_page(row, [region for region in same if region != row.region]))


@models.command()
@click.option("--dry-run", is_flag=True, help="Write nothing, and say what would change.")
@click.option("--force", is_flag=True, help="Publish even a catalog that is empty or half of the last.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the function's answer.")
@with_target
def refresh(*, dry_run: bool, force: bool, json_wanted: bool, target: Target) -> None:
    """Find the account's models again, and wait for it."""
    summary = invoke_refresh(target, force=force, dry_run=dry_run)
    click.echo(json.dumps(summary, indent=2, ensure_ascii=False) if json_wanted else reported(summary))
    if summary["status"] == "held":
        raise SystemExit(1)
