"""`sluice models` against a stack deployed in moto, whose refresh function runs as Lambda would run it."""

import json
import time
from contextlib import closing
from copy import replace

import boto3
import pytest
from catalog_refresh.config_file import ConfigFile
from catalog_refresh.options import DiscoveryOptions
from catalog_refresh.refresh import Plan, refresh
from catalog_refresh.request import Request
from catalog_refresh.table import CatalogTable
from integration.catalog_refresh.regions import lists
from integration.watched_logs import watched_function_url
from moto.core.authorization import enable_iam_authentication
from sluice_local.bedrock_control.catalog import foundation_models, inference_profiles
from sluice_local.stack.functions import refresh_spec

from .conftest import CATALOG_TABLE, STACK, TEMPLATE

EMPTY = "There is no catalog yet. `sluice models refresh` makes one."
REGION = "eu-west-1"


@pytest.fixture(scope="module")
def refresh_function(server):
    """The function of the stack; moto forgets everything between two tests, which it does not notice."""
    changes = {"SLUICE_CATALOG_TABLE": CATALOG_TABLE, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
    with watched_function_url(replace(refresh_spec(server.environment() | changes), init_timeout=60)) as function:
        yield function


@pytest.fixture
def deployed(stack, refresh_function, monkeypatch):
    """Return the options that name the stack; its function is reached at the Invoke API's own emulator."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", refresh_function.invoke_url)
    return stack


@pytest.fixture
def publish():
    """Publish a catalog of so many models, as the function would."""

    def publish(count, interval=3600, now=None):
        with closing(boto3.client("dynamodb", region_name=REGION)) as dynamodb:
            refresh(
                lambda: Plan(DiscoveryOptions(refresh_interval=interval), (REGION,), enabled=True, file=ConfigFile()),
                Request("test"),
                table=CatalogTable(dynamodb, CATALOG_TABLE, time.sleep),
                discover=lists(count),
                clock=lambda: now or time.time(),
            )

    return publish


def test_a_new_stack_says_how_to_fill_its_catalog(sluice, stack):
    assert sluice("models", "list", *stack).stdout == EMPTY + "\n"
    assert sluice("models", "list", "--json", *stack).stdout == "[]\n"
    shown = sluice("models", "show", "nova-pro", *stack)
    assert (shown.exit_code, shown.stderr) == (1, f"Error: {EMPTY}\n")


def test_a_refresh_fills_the_catalog_and_list_shows_it(sluice, deployed):
    refreshed = sluice("models", "refresh", *deployed)
    rows = len(foundation_models(REGION)) + len(inference_profiles(REGION, "123456789012"))
    assert (refreshed.exit_code, refreshed.stderr) == (0, "")
    assert refreshed.stdout.endswith(f" models to list, {rows} in all, of {REGION}.\n")
    listed = json.loads(sluice("models", "list", "--all", "--json", *deployed).stdout)
    assert {row["model_id"] for row in listed} >= {model.model_id for model in foundation_models(REGION)}
    assert len(listed) == rows
    shown = sluice("models", "list", *deployed).stdout.splitlines()
    assert shown[0].startswith("MODEL ")
    assert shown[-2:] == ["", f"{len(shown) - 3} models, found just now."]


def test_filters_are_options(sluice, deployed):
    sluice("models", "refresh", "--json", *deployed)
    options = ("--provider", "anthropic", "--input", "image", "--can", "reasoning", "--can", "tools", "--json")
    rows = json.loads(sluice("models", "list", "OPUS", *options, *deployed).stdout)
    assert rows
    for row in rows:
        assert (row["provider"], "IMAGE" in row["input_modalities"], row["tool_use"]) == ("Anthropic", True, True)
        assert "opus" in row["model_id"]
    none = sluice("models", "list", "--model-region", "us-west-2", *deployed)
    assert none.stdout == "0 models, found just now.\n"


@pytest.mark.parametrize(
    "name", ["claude-opus-5", "amazon-bedrock/anthropic.claude-opus-5", "ANTHROPIC.CLAUDE-OPUS-5:0"]
)
def test_show_takes_any_of_a_models_names(sluice, deployed, name):
    sluice("models", "refresh", *deployed)
    page = sluice("models", "show", name, *deployed)
    assert page.stdout.startswith("anthropic.claude-opus-5\n\n  Name               Claude Opus 5\n")
    assert "\n  Invoked as         eu.anthropic.claude-opus-5\n" in page.stdout
    (row,) = json.loads(sluice("models", "show", name, "--json", *deployed).stdout)
    assert row["model_id"] == "anthropic.claude-opus-5"


def test_show_names_the_nearest_of_a_name_that_nothing_has(sluice, deployed):
    sluice("models", "refresh", *deployed)
    result = sluice("models", "show", "claude-opus-55", *deployed)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: There is no model 'claude-opus-55'. The nearest: claude-opus-5-5, ")


def test_a_dry_run_shows_what_would_change_and_writes_nothing(sluice, deployed, publish):
    publish(2)
    result = sluice("models", "refresh", "--dry-run", *deployed)
    assert result.exit_code == 0
    first, *changed = result.stdout.splitlines()
    assert first.startswith("Would be published: ")
    assert first.endswith(" Served: 2 in all, found just now. Nothing was written.")
    assert "+ anthropic.claude-opus-5" in changed
    assert "- acme.model-1" in changed
    listed = json.loads(sluice("models", "list", "--json", *deployed).stdout)
    assert [row["model_id"] for row in listed] == ["acme.model-0", "acme.model-1"]


def test_an_implausible_catalog_is_held_back_until_it_is_forced(sluice, deployed, publish):
    publish(1_000)
    held = sluice("models", "refresh", *deployed)
    assert (held.exit_code, held.stdout.split(":")[0]) == (1, "Held back")
    assert len(json.loads(sluice("models", "list", "--json", *deployed).stdout)) == 1_000
    forced = sluice("models", "refresh", "--force", *deployed)
    assert (forced.exit_code, forced.stdout.split(":")[0]) == (0, "Published")
    assert len(json.loads(sluice("models", "list", "--json", *deployed).stdout)) < 1_000


def test_the_functions_own_answer_is_printed_as_json(sluice, deployed):
    answer = json.loads(sluice("models", "refresh", "--dry-run", "--json", *deployed).stdout)
    assert (answer["status"], answer["would_be"], answer["served_rows"]) == ("dry run", "published", 0)


def test_a_stale_catalog_says_so(sluice, stack, publish):
    publish(1, interval=60, now=time.time() - 600)
    assert sluice("models", "list", *stack).stdout.endswith("1 model, found 10 minutes ago. Stale: a refresh is due.\n")


def test_an_expired_catalog_is_none(sluice, stack, publish):
    publish(1, now=time.time() - 8 * 24 * 3600)
    assert sluice("models", "list", *stack).stdout == EMPTY + "\n"


def test_a_catalog_of_which_a_part_is_gone_is_told(sluice, stack, publish):
    publish(1)
    with closing(boto3.client("dynamodb", region_name=REGION)) as dynamodb:
        (chunk,) = [
            item for item in dynamodb.scan(TableName=CATALOG_TABLE)["Items"] if item["pk"]["S"].startswith("SNAPSHOT#")
        ]
        dynamodb.delete_item(TableName=CATALOG_TABLE, Key={name: chunk[name] for name in ("pk", "sk")})
    result = sluice("models", "list", *stack)
    assert result.exit_code == 1
    assert result.stderr.endswith("is not whole. `sluice models refresh` makes a new one.\n")


def test_a_refresh_that_fails_says_why(sluice, deployed):
    with closing(boto3.client("dynamodb", region_name=REGION)) as dynamodb:
        dynamodb.delete_table(TableName=CATALOG_TABLE)
    result = sluice("models", "refresh", *deployed)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The refresh failed: An error occurred (ResourceNotFoundException)")


@pytest.mark.parametrize(
    ("granted", "arguments", "needed"),
    [
        ("dynamodb:*", ["list"], f"cloudformation:DescribeStacks on {STACK}"),
        ("cloudformation:*", ["list"], "dynamodb:GetItem and dynamodb:Query on the catalog table"),
        ("cloudformation:*", ["show", "x"], "dynamodb:GetItem and dynamodb:Query on the catalog table"),
        ("cloudformation:*", ["refresh"], "lambda:InvokeFunction on sluice-catalog-refresh"),
    ],
)
def test_a_denied_command_names_the_permission_it_needs(sluice, stack, credentials_with, granted, arguments, needed):
    credentials_with(granted)
    with enable_iam_authentication():
        result = sluice("models", *arguments, *stack)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: Access denied; the command needs {needed}. AWS said: ")


def test_a_stack_without_the_output_is_told(sluice, deploy):
    deploy({**TEMPLATE, "Outputs": {"AccessTableName": {"Value": {"Ref": "Access"}}}})
    for command, output in (("list", "CatalogTableName"), ("refresh", "RefreshFunctionName")):
        result = sluice("models", command, "--stack-name", STACK)
        assert result.exit_code == 1
        assert f"has no output {output} (it is CREATE_COMPLETE)" in result.stderr
