"""`sluice usage` against a stack deployed in moto."""

import csv
import json
import time
from contextlib import closing

import pytest
from moto.core.authorization import enable_iam_authentication
from sluice.access_items import day_of, usage_key
from sluice.keys import KeyRow, parse_key, to_item
from sluice_cli.access_table import AccessTable
from sluice_cli.target import stack_target

from .conftest import STACK

NOVA, CLAUDE = "amazon.nova-lite-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SESSIONS = "arn:aws:sts::123456789012:assumed-role/agents"


@pytest.fixture
def table(stack):
    with closing(stack_target(STACK, "eu-west-1", None)) as target:
        yield AccessTable(target)


@pytest.fixture
def use(table):
    """Count as the gateway does."""

    def use(caller, day, model, **counts):
        numbers = {count: {"N": str(number)} for count, number in counts.items()}
        item = usage_key(caller, day, model) | numbers
        table.target.dynamodb.put_item(TableName=table.target.access_table, Item=item)

    return use


@pytest.fixture
def alice(sluice, stack):
    """Make a key and return its text."""
    return sluice("keys", "create", "--name", "alice", "--quiet", *stack).stdout.strip()


@pytest.fixture
def used(sluice, stack):
    """Run the command with `--json` and return its rows."""

    def used(*options):
        result = sluice("usage", "--json", *options, *stack)
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)["rows"]

    return used


def test_this_month_is_shown_by_key_with_names(sluice, stack, use, alice):
    key_id, today = parse_key(alice).key_id, day_of(time.time())
    use(key_id, today, NOVA, requests=2, input_tokens=10, output_tokens=20, cost_nano_usd=1_500_000)
    use(key_id, today, CLAUDE, requests=1, input_tokens=1, output_tokens=2, unpriced_requests=1)
    use("a" * 16, today, NOVA, requests=1, failed_requests=1)
    use("a" * 16, day_of(time.time() - 40 * 86_400), NOVA, requests=100)
    span, _, heading, *lines = sluice("usage", *stack).stdout.splitlines()
    assert span == f"{today[:7]}-01 through {today}, UTC"
    assert heading.split()[:3] == ["KEY", "NAME", "REQUESTS"]
    cells = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert cells[key_id] == ["alice", "3", "0", "11", "22", "0", "0", "0.001500+"]
    assert cells["a" * 16] == ["1", "1", "0", "0", "0", "0", "0.000000"]
    assert cells["TOTAL"] == ["4", "1", "11", "22", "0", "0", "0.001500+"]


def test_a_span_is_inclusive_at_both_ends(use, used):
    for day in ("2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01"):
        use("a" * 16, day, NOVA, requests=1)
    october = [row["day"] for row in used("--month", "2026-10", "--by", "day")]
    assert october == ["2026-10-01", "2026-10-31"]
    assert used("--since", "2026-10-01", "--until", "2026-10-31", "--by", "month")[0]["requests"] == 2
    assert [row["day"] for row in used("--until", "2026-10-01", "--by", "day")] == ["2026-10-01"]
    by_query = used("--since", "2026-09-30", "--until", "2026-10-31", "--by", "day", "--key", "a" * 16)
    assert [row["day"] for row in by_query] == ["2026-09-30", "2026-10-01", "2026-10-31"]


def test_groups_can_be_combined(use, used):
    use("a" * 16, "2026-10-01", NOVA, requests=1)
    use("a" * 16, "2026-10-02", NOVA, requests=2)
    use("a" * 16, "2026-10-02", CLAUDE, requests=4)
    rows = used("--month", "2026-10", "--by", "model", "--by", "month")
    assert [(row["model"], row["month"], row["requests"]) for row in rows] == [
        (NOVA, "2026-10", 3),
        (CLAUDE, "2026-10", 4),
    ]


@pytest.mark.parametrize("option", ["--key", "--caller"])
def test_one_key_is_named_by_its_id_or_as_a_whole(used, use, alice, option):
    key_id = parse_key(alice).key_id
    use(key_id, "2026-10-01", NOVA, requests=1)
    use("a" * 16, "2026-10-01", NOVA, requests=2)
    for name in (key_id, alice):
        (row,) = used("--month", "2026-10", option, name)
        assert (row["key"], row["name"], row["requests"]) == (key_id, "alice", 1)


def test_a_role_is_all_of_its_sessions_and_a_session_is_one(used, use):
    for caller, requests in ((f"{SESSIONS}/ada", 1), (f"{SESSIONS}/bob", 2), (f"{SESSIONS}-of-others/ada", 4)):
        use(caller, "2026-10-01", NOVA, requests=requests)
    role = used("--month", "2026-10", "--caller", "arn:aws:iam::123456789012:role/agents", "--by", "role")
    assert [(row["role"], row["requests"]) for row in role] == [(SESSIONS, 3)]
    session = used("--month", "2026-10", "--caller", f"{SESSIONS}/ada")
    assert [(row["key"], row["name"], row["requests"]) for row in session] == [(f"{SESSIONS}/ada", "", 1)]


def test_csv_can_be_read(sluice, stack, use, alice):
    use(parse_key(alice).key_id, "2026-10-01", NOVA, requests=1, input_tokens=5, cost_nano_usd=10)
    result = sluice("usage", "--csv", "--month", "2026-10", *stack)
    (row,) = csv.DictReader(result.stdout.splitlines())
    assert (row["name"], row["requests"], row["input_tokens"], row["cost_usd"]) == ("alice", "1", "5", "0.00000001")


def test_a_key_that_was_deleted_keeps_its_use(used, use, sluice, stack, alice):
    use(parse_key(alice).key_id, "2026-10-01", NOVA, requests=1)
    sluice("keys", "delete", alice, "--yes", *stack)
    (row,) = used("--month", "2026-10")
    assert (row["key"], row["name"], row["requests"]) == (parse_key(alice).key_id, "", 1)


def test_the_names_of_more_keys_than_one_read_takes_are_found(used, use, table):
    ids = [f"{letter}{other}".ljust(16, "a") for letter in "abcdefghijk" for other in "abcdefghijk"]
    for key_id in ids:
        row = to_item(KeyRow(key_id, "", f"of {key_id}", 1))
        table.target.dynamodb.put_item(TableName=table.target.access_table, Item=row)
        use(key_id, "2026-10-01", NOVA, requests=1)
    assert [row["name"] for row in used("--month", "2026-10")] == [f"of {key_id}" for key_id in sorted(ids)]


def test_nothing_used_is_said(sluice, stack):
    said = sluice("usage", "--month", "2026-02", *stack).stdout
    assert said == "Nothing was used from 2026-02-01 through 2026-02-28.\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--month", "2026-10", "--since", "7d"), "Give either --month, or --since and --until."),
        (("--since", "2026-10-02", "--until", "2026-10-01"), "2026-10-02 is after 2026-10-01."),
        (("--csv", "--json"), "Give either --csv or --json."),
        (("--month", "October"), "'October' is no month; write it like 2026-11."),
        (("--by", "colour"), "'colour' is not one of 'key', 'role', 'model', 'day', 'month'."),
        (("--caller", "arn:aws:iam::1:user/a"), "is not the ARN of an IAM user"),
    ],
)
def test_what_makes_no_sense_is_refused(sluice, stack, options, told):
    result = sluice("usage", *options, *stack)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_what_cannot_be_a_key_is_not_repeated(sluice, stack):
    result = sluice("usage", "--key", "slc_abcdefghijklmnop_mistyped", *stack)
    assert result.exit_code == 2
    assert "mistyped" not in result.stderr


@pytest.mark.parametrize(
    ("options", "granted", "needed"),
    [
        ((), (), "Scan"),
        (("--key", "a" * 16), (), "Query"),
        ((), ("Scan",), "BatchGetItem"),
    ],
)
def test_a_denied_command_names_the_permission_it_needs(sluice, stack, use, credentials_with, options, granted, needed):
    use("a" * 16, day_of(time.time()), NOVA, requests=1)
    credentials_with("cloudformation:DescribeStacks", *(f"dynamodb:{action}" for action in granted))
    with enable_iam_authentication():
        result = sluice("usage", *options, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Access denied; the command needs dynamodb:{needed} on the access table. ")
