"""`sluice limits` and `sluice principals` against a stack deployed in moto."""

import json
import time
from contextlib import closing

import pytest
from click.testing import CliRunner
from moto.core.authorization import enable_iam_authentication
from sluice.access_items import DEPLOYMENT, POLICY_KEY, budget_key, day_of, principal_key
from sluice.policy import Budget, Limits, Policy, policy_from_json
from sluice_cli.access_table import AccessTable
from sluice_cli.errors import CommandError
from sluice_cli.main import cli
from sluice_cli.target import stack_target

from .conftest import STACK

ROLE = "arn:aws:iam::123456789012:role/team/agents"
SESSIONS = "arn:aws:sts::123456789012:assumed-role/agents"


@pytest.fixture
def table(stack):
    with closing(stack_target(STACK, "eu-west-1", None)) as target:
        yield AccessTable(target)


@pytest.fixture
def policy(table):
    """Read a policy of the table."""
    return lambda key: policy_from_json(table.policy(key))


def spend(table, scope, today, this_month):
    """Count money as the gateway does."""
    day = day_of(time.time())
    taken = {f"day_{day[8:]}": {"N": str(today)}, "month": {"N": str(this_month)}}
    table.target.dynamodb.put_item(TableName=table.target.access_table, Item=budget_key(scope, day[:7]) | taken)


def test_without_limits_everything_is_allowed(sluice, stack):
    assert sluice("limits", "show", *stack).stdout == "All callers together\n\n  May do  everything\n"
    shown = json.loads(sluice("limits", "show", "--json", *stack).stdout)
    assert shown == {"policy": {}, "budget_taken": {"usd_today": 0, "usd_this_month": 0}}


def test_limits_are_set_changed_and_taken_away(sluice, stack, policy, table):
    first = sluice("limits", "set", "--budget-per-month", "500", "--concurrent-streams", "20", *stack)
    assert first.stdout == (
        "All callers together\n"
        "\n"
        "  Concurrent streams  20\n"
        "  Budget per month    $500\n"
        "  When it is spent    requests are refused\n"
        "\n"
        "It holds everywhere within 30 seconds.\n"
    )
    sluice("limits", "set", "--at-limit", "warn", "--unset", "concurrent-streams", *stack)
    assert policy(POLICY_KEY) == Policy(budget=Budget(nano_usd_per_month=500 * 10**9, at_limit="warn"))
    same = sluice("limits", "set", "--at-limit", "warn", *stack)
    assert same.stdout.endswith("\n\nNothing had to change.\n")
    sluice("limits", "set", "--at-limit", "block", "--unset", "budget-per-month", *stack)
    assert table.policy(POLICY_KEY) == ""


def test_limits_show_what_is_taken_of_the_budget(sluice, stack, table):
    sluice("limits", "set", "--budget-per-day", "5", "--budget-per-month", "100", *stack)
    spend(table, DEPLOYMENT, 1_500_000_000, 30_000_000_000)
    page = sluice("limits", "show", *stack).stdout
    assert "  Budget per day    $5, of which $1.5 is spent or set aside\n" in page
    assert "  Budget per month  $100, of which $30 is spent or set aside\n" in page
    shown = json.loads(sluice("limits", "show", "--json", *stack).stdout)
    assert shown["budget_taken"] == {"usd_today": 1.5, "usd_this_month": 30}


@pytest.mark.parametrize("command", [("limits", "set"), ("principals", "set", ROLE)])
def test_a_change_of_nothing_is_refused(sluice, stack, items, command):
    result = sluice(*command, *stack)
    assert (result.exit_code, items()) == (2, [])
    assert "Say what is to change; --unset takes away." in result.stderr


def test_of_two_operators_at_once_the_second_is_told_and_undoes_nothing(sluice, stack, table, policy):
    read = table.policy(POLICY_KEY)
    sluice("limits", "set", "--requests-per-minute", "60", *stack)
    with pytest.raises(CommandError, match="Somebody else changed it at the same moment, and nothing was written"):
        table.change_policy(POLICY_KEY, read, '{"attribution":true}')
    read = table.policy(POLICY_KEY)
    sluice("limits", "set", "--requests-per-minute", "70", *stack)
    with pytest.raises(CommandError, match="Somebody else changed it"):
        table.change_policy(POLICY_KEY, read, '{"attribution":true}')
    assert policy(POLICY_KEY) == Policy(limits=Limits(requests_per_minute=70))


def test_a_policy_of_a_newer_version_is_shown_and_not_written_over(sluice, stack, table):
    newer = '{"moon_phase":"full"}'
    table.change_policy(POLICY_KEY, None, newer)
    table.change_policy(principal_key(SESSIONS), None, newer)
    for show, change in (("limits show", "limits set"), (f"principals show {ROLE}", f"principals set {ROLE}")):
        assert "  May do  nothing: the policy cannot be read: " in sluice(*show.split(), *stack).stdout
        result = sluice(*change.split(), "--attribution", *stack)
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: Nothing was written: the policy cannot be read: ")
    assert table.policy(POLICY_KEY) == newer


def test_a_role_is_known_by_what_its_sessions_have_in_common(sluice, stack, policy):
    result = sluice("principals", "set", ROLE, "--allow-model", "amazon.*", *stack)
    assert result.stdout == f"{SESSIONS}\n\n  Models  amazon.*\n\nIt holds everywhere within 30 seconds.\n"
    assert policy(principal_key(SESSIONS)) == Policy(allowed_models=("amazon.*",))
    assert sluice("principals", "show", ROLE, *stack).stdout == f"{SESSIONS}\n\n  Models  amazon.*\n"


def test_principals_are_listed_with_what_they_may_do_and_nobody_else_is(sluice, stack, table):
    assert sluice("principals", "list", *stack).stdout == (
        "No principal has a policy. `sluice principals set` gives one.\n"
    )
    assert sluice("principals", "list", "--json", *stack).stdout == "[]\n"
    sluice("keys", "create", "--name", "alice", "--requests-per-minute", "1", *stack)
    sluice("limits", "set", "--requests-per-minute", "2", *stack)
    sluice("principals", "set", f"{SESSIONS}/ada", "--requests-per-minute", "3", "--attribution", *stack)
    sluice("principals", "set", "arn:aws:iam::123456789012:user/bob", "--unset", "residency", *stack)
    spend(table, f"PRINCIPAL#{SESSIONS}/ada", 1, 1)
    assert sluice("principals", "list", *stack).stdout == (
        "ARN                                                POLICY\n"
        "arn:aws:iam::123456789012:user/bob                 May do: everything\n"
        f"{SESSIONS}/ada  Requests per minute: 3; Attribution: Bedrock is told who calls\n"
    )
    assert json.loads(sluice("principals", "list", "--json", *stack).stdout) == [
        {"arn": "arn:aws:iam::123456789012:user/bob", "policy": {}},
        {"arn": f"{SESSIONS}/ada", "policy": {"limits": {"requests_per_minute": 3}, "attribution": True}},
    ]


def test_a_principal_shows_what_is_taken_of_its_budget(sluice, stack, table):
    sluice("principals", "set", ROLE, "--budget-per-day", "5", *stack)
    spend(table, f"PRINCIPAL#{SESSIONS}", 2_000_000_000, 3_000_000_000)
    shown = json.loads(sluice("principals", "show", ROLE, "--json", *stack).stdout)
    assert shown == {
        "arn": SESSIONS,
        "policy": {"budget": {"usd_per_day": 5, "at_limit": "block"}},
        "budget_taken": {"usd_today": 2, "usd_this_month": 3},
    }
    assert "$5, of which $2 is spent or set aside" in sluice("principals", "show", ROLE, *stack).stdout


def test_a_principals_policy_is_deleted_after_a_question(sluice, stack, items):
    sluice("principals", "set", ROLE, "--attribution", *stack)
    runner = CliRunner()
    refused = runner.invoke(cli, ["principals", "delete", ROLE, *stack], input="n\n")
    assert (refused.exit_code, len(items())) == (1, 1)
    assert f"Take away what restricts {SESSIONS}? [y/N]" in refused.stderr
    deleted = sluice("principals", "delete", ROLE, "--yes", *stack)
    assert (deleted.exit_code, deleted.stdout) == (0, f"{SESSIONS} has no policy of its own any more.\n")
    assert items() == []


@pytest.mark.parametrize("command", [("show",), ("delete", "--yes")])
def test_a_principal_without_a_policy(sluice, stack, command):
    name, *options = command
    result = sluice("principals", name, ROLE, *options, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (f"Error: {SESSIONS} has no policy. `sluice principals list` lists those that have one.\n")


def test_what_is_no_principal_is_refused(sluice, stack):
    result = sluice("principals", "show", "agents", *stack)
    assert result.exit_code == 2
    assert "'agents' is not the ARN of an IAM user, of a role, or of a role's session." in result.stderr


@pytest.mark.parametrize(
    ("command", "granted", "needed"),
    [
        ("limits show", (), "GetItem"),
        ("limits set --attribution", ("GetItem",), "UpdateItem"),
        (f"principals show {ROLE}", (), "GetItem"),
        (f"principals set {ROLE} --attribution", ("GetItem",), "UpdateItem"),
        ("principals list", (), "Scan"),
        (f"principals delete {ROLE} --yes", (), "DeleteItem"),
    ],
)
def test_a_denied_command_names_the_permission_it_needs(sluice, stack, credentials_with, command, granted, needed):
    credentials_with("cloudformation:DescribeStacks", *(f"dynamodb:{action}" for action in granted))
    with enable_iam_authentication():
        result = sluice(*command.split(), *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Access denied; the command needs dynamodb:{needed} on the access table. ")
