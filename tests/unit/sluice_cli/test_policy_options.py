"""What the options of a policy make of it."""

import click
import pytest
from click.testing import CliRunner
from sluice.policy import EVERYTHING, Budget, Limits
from sluice_cli.errors import CommandError
from sluice_cli.policy_options import PolicyChange, changed_policy, with_policy, with_policy_change
from unit.sluice_cli.policies import EVERY_OPTION, FULL


def change_by(*arguments, decorate=with_policy):
    """Return what a command with these arguments is told to change."""
    told = []

    @click.command()
    @decorate
    def command(change):
        told.append(change)

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return told[0]


def test_every_part_of_a_policy_has_an_option():
    assert change_by(*EVERY_OPTION).applied_to(EVERYTHING) == FULL
    for full, nothing in ((FULL, EVERYTHING), (FULL.limits, Limits()), (FULL.budget, Budget())):
        assert [name for name, value in full._asdict().items() if value == getattr(nothing, name)] == []


def test_what_is_not_given_stays():
    change = change_by("--requests-per-minute", "10", "--allow-model", "meta.*", decorate=with_policy_change())
    changed = change.applied_to(FULL)
    assert changed.limits == Limits(10, 100_000, 3, 4_096, 1_000_000)
    assert changed.allowed_models == ("meta.*",)
    assert (changed.budget, changed.guardrail, changed.attribution) == (FULL.budget, FULL.guardrail, True)


def test_nothing_given_changes_nothing():
    change = change_by(decorate=with_policy_change())
    assert not change
    assert change.applied_to(FULL) == FULL


def test_everything_can_be_taken_away_again():
    names = [option for option in EVERY_OPTION if option.startswith("--") and option != "--attribution"]
    unset = [word for name in dict.fromkeys(names) for word in ("--unset", name.removeprefix("--"))]
    change = change_by(*unset, "--no-attribution", decorate=with_policy_change())
    assert change.applied_to(FULL) == EVERYTHING


def test_a_commands_own_options_can_be_unset_with_the_rest():
    change = change_by("--unset", "owner", decorate=with_policy_change(also_unset=("owner",)))
    assert change == PolicyChange({}, frozenset({"owner"}))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--unset", "guardrail", "--guardrail", "abc:1"), "--guardrail is given and unset."),
        (("--unset", "colour"), "'colour' is not one of 'allow-model'"),
        (("--budget-per-day", "free"), "'free' is no amount of dollars above 0"),
        (("--allow-operation", "chat"), "'chat' is not one of 'converse'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, told):
    command = click.command()(with_policy_change()(lambda change: None))
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert told in result.output


def test_a_new_thing_has_nothing_to_unset():
    command = click.command()(with_policy(lambda change: None))
    assert "No such option '--unset'" in CliRunner().invoke(command, ["--unset", "residency"]).output


def test_a_policy_of_a_newer_version_is_not_changed():
    with pytest.raises(CommandError, match=r"Nothing was written: the policy cannot be read: .*moon_phase"):
        changed_policy('{"moon_phase":"full"}', PolicyChange({"attribution": True}))
