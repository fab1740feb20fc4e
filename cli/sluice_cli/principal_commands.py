"""`sluice principals`: what IAM principals may do, where the URL is under AWS_IAM."""

import json
import time

import click
from sluice.access_items import day_of, principal_key

from sluice_cli.access_table import AccessTable
from sluice_cli.columns import aligned, page
from sluice_cli.errors import CommandError
from sluice_cli.option_types import Read
from sluice_cli.policy_options import PolicyChange, changed_policy, check_given, with_policy_change
from sluice_cli.policy_view import Taken, outcome, policy_facts, policy_object, taken_object
from sluice_cli.principal_arns import principal_arn
from sluice_cli.target import Target
from sluice_cli.target_options import with_target

_with_arn = click.argument("arn", type=Read("ARN", principal_arn))
_with_json = click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")


@click.group()
def principals() -> None:
    """Say what IAM principals may do who call under AWS_IAM.

    ARN is that of a user, of a role, or of one session of a role, whose policy then takes the place of its role's.
    """


@principals.command("list")
@_with_json
@with_target
def list_principals(*, json_wanted: bool, target: Target) -> None:
    """List the principals that have a policy."""
    rows = AccessTable(target).principals()
    if json_wanted:
        value = [{"arn": arn, "policy": policy_object(text)} for arn, text in rows]
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    elif rows:
        click.echo(aligned([("ARN", "POLICY"), *((arn, _in_a_line(text)) for arn, text in rows)]))
    else:
        click.echo("No principal has a policy. `sluice principals set` gives one.")


@principals.command()
@_with_arn
@_with_json
@with_target
def show(arn: str, *, json_wanted: bool, target: Target) -> None:
    """Show what a principal may do, and what is taken of its budget."""
    table = AccessTable(target)
    text = table.policy(principal_key(arn))
    if text is None:
        raise _no_policy(arn)
    taken = Taken(*table.taken_of_budget(f"PRINCIPAL#{arn}", day_of(time.time())))
    if json_wanted:
        value = {"arn": arn, "policy": policy_object(text), "budget_taken": taken_object(taken)}
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        click.echo(page(arn, policy_facts(text, taken)))


@principals.command("set")
@_with_arn
@with_policy_change()
@with_target
def set_principal(arn: str, change: PolicyChange, *, target: Target) -> None:
    """Give a principal a policy, or change what is given of it.

    What is given several times takes the place of all that was there: the models that are allowed, for example.
    """
    check_given(change)
    table = AccessTable(target)
    before = table.policy(principal_key(arn))
    after = changed_policy(before or "", change)
    table.change_policy(principal_key(arn), before, after)
    click.echo(f"{page(arn, policy_facts(after))}\n\n{outcome(has_changed=after != before)}")


@principals.command()
@_with_arn
@click.option("--yes", is_flag=True, help="Do not ask first.")
@with_target
def delete(arn: str, *, yes: bool, target: Target) -> None:
    """Take a principal's policy away. It may still call: IAM alone says who may."""
    if not yes:
        click.confirm(f"Take away what restricts {arn}?", abort=True, err=True)
    if not AccessTable(target).delete_principal(arn):
        raise _no_policy(arn)
    click.echo(f"{arn} has no policy of its own any more.")


def _no_policy(arn: str) -> CommandError:
    return CommandError(f"{arn} has no policy. `sluice principals list` lists those that have one.")


def _in_a_line(text: str) -> str:
    return "; ".join(f"{label}: {fact}" for label, fact in policy_facts(text))
