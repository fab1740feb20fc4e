"""The entry point of `sluice`."""

import click

from sluice_cli.key_commands import keys
from sluice_cli.limit_commands import limits
from sluice_cli.model_commands import models
from sluice_cli.principal_commands import principals
from sluice_cli.usage_commands import usage


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sluice")
def cli() -> None:
    """Operate Sluice: a deployed stack, or the one on this machine."""


for command in (keys, limits, models, principals, usage):
    cli.add_command(command)
