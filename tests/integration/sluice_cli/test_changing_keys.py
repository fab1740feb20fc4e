"""`sluice keys`: what a key may do, and its life, against a stack deployed in moto."""

import json
import time
from contextlib import closing

import pytest
from click.testing import CliRunner
from moto.core.authorization import enable_iam_authentication
from sluice.access_items import day_of, usage_expires_at, usage_key
from sluice.keys import from_item, parse_key, secret_matches, to_item
from sluice.policy import Budget, Limits, Policy
from sluice_cli.access_table import AccessTable
from sluice_cli.errors import CommandError
from sluice_cli.main import cli
from sluice_cli.target import stack_target
from unit.sluice_cli.policies import EVERY_OPTION, FULL

from .conftest import STACK

DAY = 86_400
OPTIONS = (
    *("--name", "alice", "--owner", "Search", "--expires", "30d", "--tag", "team=search", "--tag", "env=prod"),
    *EVERY_OPTION,
)


@pytest.fixture
def make(sluice, stack):
    """Make a key and return its text."""

    def make(*options):
        result = sluice("keys", "create", "--quiet", *(options or ("--name", "alice")), *stack)
        assert (result.exit_code, result.stderr) == (0, "")
        return result.stdout.strip()

    return make


@pytest.fixture
def row(items):
    """Read the only key."""

    def row():
        (found,) = [item for item in items() if item["sk"] == {"S": "KEY"}]
        return from_item(found)

    return row


@pytest.fixture
def table(stack):
    target = stack_target(STACK, "eu-west-1", None)
    with closing(target):
        yield AccessTable(target)


def test_a_key_is_made_with_all_that_it_may_do(make, row):
    make(*OPTIONS)
    made = row()
    assert (made.name, made.owner, made.tags) == ("alice", "Search", {"team": "search", "env": "prod"})
    assert abs(made.expires_at - time.time() - 30 * DAY) < 60
    assert made.policy == FULL


def test_a_plain_key_stores_no_policy(make, items):
    make()
    (item,) = items()
    assert item.keys() == {"pk", "sk", "key_id", "secret_sha256", "name", "created_at", "disabled"}


def test_create_can_answer_in_json(sluice, stack, row):
    made = json.loads(sluice("keys", "create", "--name", "alice", "--json", *stack).stdout)
    assert secret_matches(parse_key(made["key"]), row(), time.time())
    assert (made["id"], made["url"]) == (row().key_id, "https://abc.lambda-url.eu-west-1.on.aws/")


@pytest.mark.parametrize("command", [("create", "--name", "a"), ("rotate", "a" * 16)])
def test_a_secret_is_shown_in_one_form(sluice, stack, items, command):
    result = sluice("keys", *command, "--quiet", "--json", *stack)
    assert (result.exit_code, items()) == (2, [])
    assert "Give either --quiet or --json." in result.stderr


def test_set_changes_what_is_given_and_nothing_else(sluice, stack, make, row):
    key = make(*OPTIONS)
    before = row()
    result = sluice("keys", "set", key, "--name", "bob", "--budget-per-day", "7.5", "--allow-model", "meta.*", *stack)
    assert (result.exit_code, result.stderr) == (0, "")
    after = row()
    assert after.policy.budget == Budget(7_500_000_000, 99_990_000_000, "warn")
    assert after.policy.allowed_models == ("meta.*",)
    assert (after.name, after.owner, after.tags, after.expires_at) == ("bob", "Search", before.tags, before.expires_at)
    assert (after.policy.limits, after.policy.guardrail) == (FULL.limits, FULL.guardrail)
    assert secret_matches(parse_key(key), after, time.time())
    assert result.stdout.startswith(f"{after.key_id}\n\n  Name                 bob\n")
    assert result.stdout.endswith("\n\nIt holds everywhere within 30 seconds.\n")


def test_unset_takes_away_and_leaves_the_row_as_if_it_had_never_been_there(sluice, stack, make, items):
    make()
    (plain,) = items()
    change = [word for word in OPTIONS if word != "--attribution"][2:]
    sluice("keys", "set", plain["key_id"]["S"], *change, *stack)
    names = dict.fromkeys(word.removeprefix("--") for word in change if word.startswith("--"))
    unset = [word for name in names for word in ("--unset", name)]
    assert sluice("keys", "set", plain["key_id"]["S"], *unset, *stack).exit_code == 0
    (item,) = items()
    assert item == plain


def test_set_says_when_nothing_had_to_change(sluice, stack, make):
    key = make("--name", "alice", "--owner", "Search")
    assert sluice("keys", "set", key, "--owner", "Search", *stack).stdout.endswith("\n\nNothing had to change.\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Say what is to change; --unset takes away."),
        (("--owner", "Search", "--unset", "owner"), "--owner is given and unset."),
        (("--expires", "2020-01-01"), "'2020-01-01' is not in the future."),
        (("--unset", "name"), "'name' is not one of"),
    ],
)
def test_what_set_cannot_make_sense_of(sluice, stack, make, options, told):
    result = sluice("keys", "set", make(), *options, *stack)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_policy_of_a_newer_version_is_not_written_over(sluice, stack, make, items, table):
    key = make()
    (item,) = items()
    newer = item | {"policy": {"S": '{"moon_phase":"full"}'}}
    table.target.dynamodb.put_item(TableName=table.target.access_table, Item=newer)
    result = sluice("keys", "set", key, "--budget-per-day", "1", *stack)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Nothing was written: the policy cannot be read: ")
    assert items() == [newer]
    assert sluice("keys", "set", key, "--name", "bob", *stack).exit_code == 0
    assert items() == [newer | {"name": {"S": "bob"}}]


def test_of_two_operators_at_once_the_second_is_told_and_undoes_nothing(sluice, stack, make, row, table):
    key = make()
    read = row()
    sluice("keys", "set", key, "--requests-per-minute", "60", *stack)
    with pytest.raises(CommandError, match="Somebody else changed it at the same moment, and nothing was written"):
        table.change_key(read, from_item(to_item(read) | {"policy": {"S": '{"attribution":true}'}}))
    assert row().policy == Policy(limits=Limits(requests_per_minute=60))


def test_two_operators_who_change_different_things_are_not_in_each_others_way(sluice, stack, make, row, table):
    key = make()
    read = row()
    sluice("keys", "disable", key, *stack)
    table.change_key(read, from_item(to_item(read) | {"owner": {"S": "Search"}}))
    assert (row().disabled, row().owner) == (True, "Search")


def test_a_key_that_was_deleted_meanwhile_is_not_brought_back(sluice, stack, make, row, items, table):
    key = make()
    read = row()
    sluice("keys", "delete", key, "--yes", *stack)
    with pytest.raises(CommandError, match="Somebody else changed it"):
        table.change_key(read, from_item(to_item(read) | {"owner": {"S": "Search"}}))
    assert items() == []


def test_a_rotation_gives_a_new_secret_and_a_day_to_the_last(sluice, stack, make, row):
    old = make(*OPTIONS)
    before = row()
    new = sluice("keys", "rotate", old, "--quiet", *stack).stdout.strip()
    after, now = row(), time.time()
    assert new != old
    assert parse_key(new).key_id == parse_key(old).key_id
    assert [secret_matches(parse_key(text), after, now) for text in (new, old)] == [True, True]
    assert [secret_matches(parse_key(text), after, now + DAY + 1) for text in (new, old)] == [True, False]
    assert (after.policy, after.owner, after.expires_at) == (before.policy, before.owner, before.expires_at)
    assert abs(after.rotated_at - now) < 60


def test_a_rotation_without_an_overlap_ends_the_last_secret_and_the_one_before(sluice, stack, make, row):
    first = make()
    second = sluice("keys", "rotate", first, "--quiet", *stack).stdout.strip()
    result = sluice("keys", "rotate", first, "--overlap", "0", *stack)
    (third,) = [word for word in result.stdout.split() if word.startswith("slc_")]
    matching = [secret_matches(parse_key(text), row(), time.time()) for text in (first, second, third)]
    assert matching == [False, False, True]
    assert "\nThe secret before it stops working within 30 seconds.\n" in result.stdout
    assert "previous" not in json.dumps(list(to_item(row())))


def test_a_disabled_key_can_be_enabled_again(sluice, stack, make, row):
    key = make()
    key_id = parse_key(key).key_id
    assert sluice("keys", "enable", key, *stack).stdout == f"The key {key_id} (alice) was enabled already.\n"
    sluice("keys", "disable", key, *stack)
    assert sluice("keys", "enable", key, *stack).stdout == f"The key {key_id} (alice) is enabled.\n"
    assert not row().disabled


def test_delete_asks_first(sluice, stack, make, items):
    key_id = parse_key(make()).key_id
    runner = CliRunner()
    refused = runner.invoke(cli, ["keys", "delete", key_id, *stack], input="n\n")
    assert (refused.exit_code, len(items())) == (1, 1)
    assert f"Delete the key {key_id} (alice) for good? [y/N]" in refused.stderr
    assert runner.invoke(cli, ["keys", "delete", key_id, *stack], input="").exit_code == 1
    agreed = runner.invoke(cli, ["keys", "delete", key_id, *stack], input="y\n")
    assert (agreed.exit_code, agreed.stdout) == (0, f"The key {key_id} (alice) is deleted.\n")
    assert items() == []


def use(table, caller, day, model, **counts):
    """Count as the gateway does."""
    numbers = {count: {"N": str(number)} for count, number in counts.items()}
    expiry = {"expires_at": {"N": str(usage_expires_at(time.time()))}}
    item = usage_key(caller, day, model) | numbers | expiry
    table.target.dynamodb.put_item(TableName=table.target.access_table, Item=item)


def test_what_was_used_is_shown_and_stays_when_the_key_goes(sluice, stack, make, items, table):
    key_id = parse_key(make()).key_id
    now = time.time()
    today, last_year = day_of(now), day_of(now - 365 * DAY)
    use(table, key_id, today, "amazon.nova-lite-v1:0", requests=2, input_tokens=10, cost_nano_usd=1_500_000)
    use(table, key_id, today, "my.model", requests=1, output_tokens=5, unpriced_requests=1)
    use(table, key_id, last_year, "amazon.nova-lite-v1:0", requests=100)
    use(table, "a" * 16, today, "amazon.nova-lite-v1:0", requests=100)
    said = "3 requests, 15 tokens, $0.0015 and 1 request of unknown cost"
    page = sluice("keys", "show", key_id, *stack).stdout
    assert page.endswith(f"  Used today       {said}\n  Used this month  {said}\n")
    shown = json.loads(sluice("keys", "show", key_id, "--json", *stack).stdout)
    assert (shown["used_today"]["requests"], shown["used_this_month"]["cost_usd"]) == (3, 0.0015)
    sluice("keys", "delete", key_id, "--yes", *stack)
    assert len(items()) == 4


@pytest.mark.parametrize("command", ["show", "set", "rotate", "enable", "delete"])
def test_a_key_that_is_not_there(sluice, stack, items, command):
    options = {"set": ["--owner", "Search"], "delete": ["--yes"]}.get(command, [])
    result = sluice("keys", command, "abcdefghijklmnop", *options, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is no key with the id abcdefghijklmnop.\n"
    assert items() == []


@pytest.mark.parametrize(
    ("command", "granted", "needed"),
    [
        (("show",), (), "GetItem"),
        (("show",), ("GetItem",), "Query"),
        (("set", "--owner", "Search"), ("GetItem",), "UpdateItem"),
        (("rotate",), ("GetItem",), "UpdateItem"),
        (("enable",), (), "UpdateItem"),
        (("delete", "--yes"), ("GetItem",), "DeleteItem"),
    ],
)
def test_a_denied_command_names_the_permission_it_needs(
    sluice, stack, make, credentials_with, command, granted, needed
):
    key, (name, *options) = make(), command
    credentials_with("cloudformation:DescribeStacks", *(f"dynamodb:{action}" for action in granted))
    with enable_iam_authentication():
        result = sluice("keys", name, key, *options, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Access denied; the command needs dynamodb:{needed} on the access table. ")
