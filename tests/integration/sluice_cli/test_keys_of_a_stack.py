"""`sluice keys` against a stack deployed in moto."""

import json
import secrets
import subprocess
import sysconfig
import time
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from moto.core.authorization import enable_iam_authentication
from sluice.key_issuing import draft_key, issue_key
from sluice.keys import KeyRow, from_item, parse_key, secret_matches, to_item
from sluice_cli.access_table import AccessTable
from sluice_cli.errors import CommandError
from sluice_cli.target import stack_target

from .conftest import CATALOG_TABLE, STACK, TEMPLATE


def only(item):
    (row,) = [from_item(row) for row in item]
    return row


def test_a_quiet_create_prints_the_key_and_nothing_else(sluice, stack, items):
    result = sluice("keys", "create", "--name", "alice", "--quiet", *stack)
    assert (result.exit_code, result.stderr) == (0, "")
    text, rest = result.stdout.split("\n", 1)
    row = only(items())
    assert (rest, row.name, row.disabled) == ("", "alice", False)
    assert secret_matches(parse_key(text), row, time.time())
    assert abs(row.created_at - time.time()) < 60


def test_create_shows_the_key_once_and_says_so(sluice, stack, items):
    result = sluice("keys", "create", "--name", "alice", *stack)
    (text,) = [word for word in result.stdout.split() if word.startswith("slc_")]
    assert secret_matches(parse_key(text), only(items()), time.time())
    assert result.stdout == (
        "The key of alice:\n"
        "\n"
        f"    {text}\n"
        "\n"
        "Keep it now: only a hash of it is stored, and it will not be shown again.\n"
        "Clients send it as `Authorization: Bearer`, `x-api-key` or `api-key`.\n"
        "They call https://abc.lambda-url.eu-west-1.on.aws/\n"
    )


def test_the_secret_is_stored_nowhere(sluice, stack, items):
    key = sluice("keys", "create", "--name", "alice", "--quiet", *stack).stdout.strip()
    assert key.split("_")[2] not in json.dumps(items())


@pytest.mark.parametrize("name", ["", "  ", "a" * 65, "a\nb", "a\x1b[31mb"])
def test_a_name_that_would_spoil_a_list_is_refused(sluice, stack, items, name):
    result = sluice("keys", "create", "--name", name, *stack)
    assert result.exit_code == 2
    assert "must be 1 to 64 printable characters" in result.stderr
    assert items() == []


def test_an_id_that_exists_is_never_overwritten(sluice, stack, items, monkeypatch):
    sluice("keys", "create", "--name", "alice", *stack)
    before = only(items())
    monkeypatch.setattr(secrets, "choice", lambda _: before.key_id[0])
    with closing(boto3.client("dynamodb", region_name="eu-west-1")) as dynamodb:
        (table,) = set(dynamodb.list_tables()["TableNames"]) - {CATALOG_TABLE}
        text, row = issue_key(dynamodb, table, draft_key("bob"))
        target = stack_target(STACK, "eu-west-1", None)
        with closing(target), pytest.raises(CommandError, match="was taken already"):
            AccessTable(target).issue(draft_key("carol"))
    assert {key.name for key in map(from_item, items())} == {"alice", "bob"}
    assert parse_key(text).key_id == row.key_id


def test_list_shows_the_oldest_key_first_whatever_its_id(sluice, stack):
    rows = [
        KeyRow(key_id="a" * 16, secret_sha256="", name="young", created_at=300),
        KeyRow(key_id="b" * 16, secret_sha256="", name="old", created_at=100, disabled=True),
        KeyRow(key_id="c" * 16, secret_sha256="", name="middle", created_at=200),
    ]
    with closing(boto3.client("dynamodb", region_name="eu-west-1")) as dynamodb:
        (table,) = set(dynamodb.list_tables()["TableNames"]) - {CATALOG_TABLE}
        for row in rows:
            dynamodb.put_item(TableName=table, Item=to_item(row))
    heading, *lines = sluice("keys", "list", *stack).stdout.splitlines()
    assert heading.split() == ["ID", "NAME", "OWNER", "CREATED", "(UTC)", "EXPIRES", "(UTC)", "STATE"]
    assert [line.split()[1::5] for line in lines] == [["old", "disabled"], ["middle", "active"], ["young", "active"]]
    listed = json.loads(sluice("keys", "list", "--json", *stack).stdout)
    assert [key["id"][0] for key in listed] == ["b", "c", "a"]


def test_list_reads_every_page_and_only_keys(sluice, stack, items):
    sluice("keys", "create", "--name", "alice", *stack)
    (key,) = items()
    with closing(boto3.client("dynamodb", region_name="eu-west-1")) as dynamodb:
        (table,) = set(dynamodb.list_tables()["TableNames"]) - {CATALOG_TABLE}
        filler = {"S": "x" * 300_000}
        for number in range(8):
            usage = {"pk": {"S": f"KEY#{number}"}, "sk": {"S": "USAGE"}, "filler": filler}
            dynamodb.put_item(TableName=table, Item=usage)
        row = from_item(key)
        dynamodb.put_item(TableName=table, Item=to_item(row) | {"pk": {"S": "OTHER"}})
    listed = json.loads(sluice("keys", "list", "--json", *stack).stdout)
    assert [entry["id"] for entry in listed] == [row.key_id]


def test_list_of_no_keys_says_how_to_make_one(sluice, stack):
    assert sluice("keys", "list", *stack).stdout == "There are no keys yet. `sluice keys create` makes one.\n"
    assert sluice("keys", "list", "--json", *stack).stdout == "[]\n"


@pytest.mark.parametrize("named_by", ["id", "key"])
def test_disable_takes_an_id_or_a_whole_key(sluice, stack, items, named_by):
    text = sluice("keys", "create", "--name", "alice", "--quiet", *stack).stdout.strip()
    key_id = parse_key(text).key_id
    result = sluice("keys", "disable", text if named_by == "key" else key_id, *stack)
    assert (result.exit_code, result.stdout) == (0, f"The key {key_id} (alice) is disabled.\n")
    row = only(items())
    assert row.disabled
    assert secret_matches(parse_key(text), row, time.time())


def test_disabling_twice_is_told_and_harmless(sluice, stack):
    key = sluice("keys", "create", "--name", "alice", "--quiet", *stack).stdout.strip()
    sluice("keys", "disable", key, *stack)
    result = sluice("keys", "disable", key, *stack)
    assert (result.exit_code, result.stdout.split("(alice) ")[1]) == (0, "was disabled already.\n")


def test_disabling_an_unknown_id_is_an_error_and_makes_no_row(sluice, stack, items):
    result = sluice("keys", "disable", "abcdefghijklmnop", *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: There is no key with the id abcdefghijklmnop.\n"
    assert items() == []


def test_what_cannot_be_a_key_is_not_repeated(sluice, stack):
    result = sluice("keys", "disable", "slc_abcdefghijklmnop_mistyped", *stack)
    assert result.exit_code == 2
    assert "must be a key's id" in result.stderr
    assert "mistyped" not in result.stderr


def test_the_region_is_the_option_then_the_environments(sluice, deploy, items):
    deploy(region="us-west-2")
    missing = sluice("keys", "list", "--stack-name", STACK)
    assert (missing.exit_code, missing.stderr) == (
        1,
        f"Error: There is no stack {STACK} in eu-west-1. Is it in another --region?\n",
    )
    assert sluice("keys", "create", "--name", "a", "--stack-name", STACK, "--region", "us-west-2").exit_code == 0
    assert only(items("us-west-2")).name == "a"


def test_a_profile_gives_region_and_credentials(sluice, deploy, items, monkeypatch, tmp_path, aws):
    deploy(region="us-west-2")
    for name in ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(
        "[profile ops]\nregion = us-west-2\n"
        f"aws_access_key_id = {aws.access_key_id}\naws_secret_access_key = {aws.secret_access_key}\n"
    )
    result = sluice("keys", "list", "--stack-name", STACK, "--profile", "ops")
    assert (result.exit_code, result.stdout.split(".")[0]) == (0, "There are no keys yet")


def test_a_profile_that_is_not_there_is_named(sluice, aws):
    result = sluice("keys", "list", "--stack-name", STACK, "--profile", "ops")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The config profile (ops) could not be found.")


def test_no_credentials_say_what_to_set(sluice, aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = sluice("keys", "list", "--stack-name", STACK)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: No AWS credentials: Unable to locate credentials. ")


def test_a_stack_without_the_output_is_told_with_its_status(sluice, deploy):
    deploy({**TEMPLATE, "Outputs": {}})
    result = sluice("keys", "list", "--stack-name", STACK)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: The stack {STACK} in eu-west-1 has no output AccessTableName (it is CREATE_COMPLETE). "
        "Is it Sluice's, and deployed to the end?\n"
    )


@pytest.mark.parametrize(
    ("granted", "arguments", "needed"),
    [
        ("dynamodb:*", ["list"], f"cloudformation:DescribeStacks on {STACK}"),
        ("cloudformation:*", ["list"], "dynamodb:Scan on the access table"),
        ("cloudformation:*", ["create", "--name", "a"], "dynamodb:PutItem and GetItem on the access table"),
        ("cloudformation:*", ["disable", "abcdefghijklmnop"], "dynamodb:UpdateItem on the access table"),
    ],
)
def test_a_denied_command_names_the_permission_it_needs(sluice, stack, credentials_with, granted, arguments, needed):
    credentials_with(granted)
    with enable_iam_authentication():
        result = sluice("keys", *arguments, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Access denied; the command needs {needed}. AWS said: ")


def test_the_four_permissions_are_enough(sluice, stack, credentials_with):
    credentials_with("cloudformation:DescribeStacks", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem")
    with enable_iam_authentication():
        key = sluice("keys", "create", "--name", "a", "--quiet", *stack).stdout.strip()
        assert sluice("keys", "disable", key, *stack).exit_code == 0
        assert sluice("keys", "list", *stack).exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["--stack-name", STACK, "--local"], ["--local", "--region", "eu-west-1"]])
def test_it_must_be_said_whose_keys_are_meant_and_only_once(sluice, aws, arguments):
    result = sluice("keys", "list", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--stack-name" in result.stderr


def test_the_installed_command_does_the_same(stack, items):
    command = Path(sysconfig.get_path("scripts"), "sluice")
    result = subprocess.run(
        [command, "keys", "create", "--name", "alice", "--quiet", *stack],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert secret_matches(parse_key(result.stdout.strip()), only(items()), time.time())
