"""`docs/access.md` has every option of a policy, and every command with the permissions that it names."""

import click
from docs.pages import code, codes, page
from sluice.access_items import USAGE_DAYS
from sluice_cli.main import cli
from sluice_cli.policy_options import with_policy

ACCESS = page("docs/access.md")


def test_every_option_of_a_policy_is_in_the_table() -> None:
    command = click.command()(with_policy(lambda: None))
    assert [code(row[0]) for row in ACCESS.table("Policies")] == [option.opts[0] for option in command.params]


def test_every_command_of_keys_is_in_its_table() -> None:
    keys = cli.commands["keys"]
    assert isinstance(keys, click.Group)
    assert {name for row in ACCESS.table("Keys") for name in codes(row[0])} == keys.commands.keys()


def test_every_command_has_its_permissions() -> None:
    told = [name for row in ACCESS.table("Permissions") for name in codes(row[0])]
    assert sorted(told) == sorted(
        name for group in ("keys", "limits", "principals", "usage") for name in _commands(group)
    )


def test_how_long_usage_is_kept() -> None:
    assert f"Rows are kept for {USAGE_DAYS} days." in ACCESS.section("Usage")


def _commands(name: str) -> list[str]:
    command = cli.commands[name]
    return [f"{name} {below}" for below in command.commands] if isinstance(command, click.Group) else [name]
