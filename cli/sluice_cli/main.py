"""The entry point of `sluice`."""

import click

from sluice_cli.key_commands import keys
from sluice_cli.model_commands import models


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sluice")
def cli() -> None:
    """Operate Sluice: a deployed stack, or the one on this machine."""


cli.add_command(keys)
cli.add_command(models)
