"""The options by which every command is told which deployment is meant."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from sluice_cli.target import Target, local_target, stack_target


def with_target(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command those options, and hand it what they mean as `target`."""

    @wraps(command)
    def told(
        *arguments: Any, stack_name: str | None, local: bool, region: str | None, profile: str | None, **options: Any
    ) -> None:
        command(*arguments, target=_target(stack_name, region, profile, local=local), **options)

    for option in (
        click.option("--profile", metavar="P", help="The AWS profile to use."),
        click.option("--region", metavar="R", help="The stack's region."),
        click.option("--local", is_flag=True, help="The stack on this machine (`make local`)."),
        click.option("--stack-name", metavar="NAME", help="The deployed CloudFormation stack."),
    ):
        told = option(told)
    return told


def _target(stack_name: str | None, region: str | None, profile: str | None, *, local: bool) -> Target:
    if local == bool(stack_name):
        raise click.UsageError("Give either --stack-name or --local.")
    if local and (region or profile):
        raise click.UsageError("--region and --profile go with --stack-name only.")
    target = local_target(Path.cwd()) if local else stack_target(stack_name or "", region, profile)
    click.get_current_context().call_on_close(target.close)
    return target
