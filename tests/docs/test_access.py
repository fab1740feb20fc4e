"""`docs/access.md` has every option of a policy, and every command with the permissions that it names."""

import click
from docs.pages import code, codes, page
from sluice_cli.main import cli
from sluice_cli.policy_options import with_policy

ACCESS = page("docs/access.md")


def test_every_option_of_a_policy_is_in_the_table() -> None:
    command = click.command()(with_policy(lambda: None))
    assert [code(row[0]) for row in ACCESS.table("Policies")] == [option.opts[0] for option in command.params]


def test_every_command_is_in_the_tables() -> None:
    keys = cli.commands["keys"]
    assert isinstance(keys, click.Group)
    assert {name for row in ACCESS.table("Keys") for name in codes(row[0])} == keys.commands.keys()
    permitted = {name for row in ACCESS.table("Permissions") for name in codes(row[0])}
    assert permitted == {f"keys {name}" for name in keys.commands}
