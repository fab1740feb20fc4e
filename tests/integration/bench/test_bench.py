"""The bench's parts, with tiny numbers: a figure is worth something only if every stream behind it was whole."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from sluice.access_items import SECRET_KEY
from sluice.keys import key_of, parse_key
from sluice_bench.budgets import Figure, table
from sluice_bench.services import Services, running_services
from sluice_bench.tables import TableCalls
from sluice_bench.targets import LoadFailed, Target, direct_target, floor_target


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with running_services() as running:
        yield running


@pytest.fixture(scope="module")
def floor(services: Services) -> Iterator[Target]:
    with floor_target(services) as target:
        yield target


@pytest.mark.parametrize("wire", ["native", "openai"])
def test_the_floor_streams_whole_answers_and_its_cpu_is_counted(floor: Target, wire: str) -> None:
    floor.measure(wire, "emulator.burst-200", 200, streams=4, clients=2)  # its environments start
    measured = floor.measure(wire, "emulator.burst-200", 200, streams=4, clients=2)
    assert (measured.result.streams, measured.result.deltas) == (4, 800)
    assert len(measured.result.first_token) == 4
    assert measured.cpu_per_delta > 0


def test_a_direct_connection_costs_no_cpu_of_a_proxy(services: Services) -> None:
    measured = direct_target(services).measure("native", "emulator.burst-200", 200, streams=2)
    assert measured.cpu == 0


@pytest.mark.parametrize("model", ["emulator.throttled", "emulator.cut-midframe", "emulator.no-message-stop"])
def test_a_stream_that_is_not_whole_fails_the_run(services: Services, model: str) -> None:
    with pytest.raises(LoadFailed):
        direct_target(services).measure("native", model, 200, streams=1)


def test_a_stream_with_fewer_deltas_than_asked_for_fails_the_run(floor: Target) -> None:
    with pytest.raises(LoadFailed, match="200 deltas instead of 201"):
        floor.measure("native", "emulator.burst-200", 201, streams=1)


def test_the_table_says_which_budget_is_over() -> None:
    text = table([Figure("a", 1.0, 1.5, "x", "of b"), Figure("c", 2.0, 1.5, "x", "of d")])
    assert [line.split()[-3:] for line in text.splitlines()[1:]] == [["holds", "of", "b"], ["OVER", "of", "d"]]


def test_the_tables_answer_reads_count_calls_and_refuse_what_they_do_not_know(services: Services) -> None:
    environ = services.environ
    access_table, key = environ["SLUICE_ACCESS_TABLE"], parse_key(services.key)
    assert key is not None
    tables: Any = boto3.client(
        "dynamodb",
        endpoint_url=services.tables_url,
        region_name="us-east-1",
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
    before = services.table_calls()
    item = tables.get_item(TableName=access_table, Key=key_of(key.key_id))["Item"]
    keys = [key_of(key.key_id), SECRET_KEY, key_of("nobody")]
    several = tables.batch_get_item(RequestItems={access_table: {"Keys": keys}})
    queried = tables.query(
        TableName=access_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": key_of(key.key_id)["pk"]},
    )
    tables.update_item(TableName=access_table, Key=key_of("nobody"), UpdateExpression="REMOVE x")
    with pytest.raises(ClientError, match="UnknownOperationException"):
        tables.list_tables()
    tables.close()
    assert item["name"] == {"S": "bench"}
    assert several["Responses"][access_table][0] == item
    assert several["Responses"][access_table][1]["secret"]["B"]
    assert queried["Items"] == [item]
    assert services.table_calls() - before == TableCalls(reads=4, writes=1)
