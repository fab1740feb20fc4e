"""`sluice limits`: what all callers together may do."""

import json
import time

import click
from sluice.access_items import DEPLOYMENT, POLICY_KEY, day_of

from sluice_cli.access_table import AccessTable
from sluice_cli.columns import page
from sluice_cli.policy_options import PolicyChange, changed_policy, check_given, with_policy_change
from sluice_cli.policy_view import Taken, outcome, policy_facts, policy_object, taken_object
from sluice_cli.target import Target
from sluice_cli.target_options import with_target

_HEADING = "All callers together"


@click.group()
def limits() -> None:
    """Show and change what all callers together may do."""


@limits.command()
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@with_target
def show(*, json_wanted: bool, target: Target) -> None:
    """Show the limits, and what is taken of the budget."""
    table = AccessTable(target)
    text = table.policy(POLICY_KEY) or ""
    taken = Taken(*table.taken_of_budget(DEPLOYMENT, day_of(time.time())))
    if json_wanted:
        value = {"policy": policy_object(text), "budget_taken": taken_object(taken)}
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        click.echo(page(_HEADING, policy_facts(text, taken)))


@limits.command("set")
@with_policy_change()
@with_target
def set_limits(change: PolicyChange, *, target: Target) -> None:
    """Change what is given of the limits, and nothing else.

    What is given several times takes the place of all that was there: the models that are allowed, for example.
    """
    check_given(change)
    table = AccessTable(target)
    before = table.policy(POLICY_KEY)
    after = changed_policy(before or "", change)
    has_changed = after != (before or "")
    if has_changed:
        table.change_policy(POLICY_KEY, before, after)
    click.echo(f"{page(_HEADING, policy_facts(after))}\n\n{outcome(has_changed=has_changed)}")
