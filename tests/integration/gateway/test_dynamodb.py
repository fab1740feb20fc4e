"""The gateway's own client of DynamoDB against boto3: the same requests, the same answers, the same refusals."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from gateway.aws.connection import Endpoint, PendingResponse
from gateway.aws.credentials import credential_source
from gateway.aws.dynamodb import ConditionFailed, DynamoDB, Item, Update
from gateway.errors import StoreUnavailable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.counting import AccessTable, access_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "USAGE#someone"
FAR = {"pk": {"S": "FAR"}, "sk": {"S": "FAR"}}
UPDATE = Update(
    FAR,
    "ADD #requests :requests SET expires_at = :expires_at",
    {":requests": {"N": "2"}, ":expires_at": {"N": "7"}, ":most": {"N": "9"}},
    "attribute_not_exists(#requests) OR #requests < :most",
    {"#requests": "requests"},
)
NEVER = Update(FAR, "SET a = :a", {":a": {"S": "b"}}, "attribute_exists(nothing)")


class Recording(Endpoint):
    """An endpoint that keeps what is sent."""

    sent: list[tuple[Mapping[str, str], bytes]]

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> PendingResponse:
        assert (method, target) == ("POST", "/")
        self.sent.append((headers, body))
        return super().send(method, target, headers, body)


@dataclass(frozen=True, slots=True)
class Both:
    """Both clients of one table, and what each of them has sent."""

    table: str
    ours: DynamoDB
    boto3: "DynamoDBClient"
    our_requests: list[tuple[Mapping[str, str], bytes]]
    boto3s_requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def table(deployment: Deployment) -> Iterator[AccessTable]:
    with access_table(deployment) as table:
        yield table


@pytest.fixture
def both(table: AccessTable, deployment: Deployment) -> Iterator[Both]:
    environ = deployment.environment
    endpoint = Recording(deployment.aws.endpoint_url, "DynamoDB")
    endpoint.sent = []
    ours = DynamoDB(endpoint, credential_source(environ), environ["AWS_REGION"], time.time)
    client = dynamodb_of(deployment.aws)
    both = Both(table.name, ours, client, endpoint.sent)

    def keep(request: Any, **_: Any) -> None:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        both.boto3s_requests.append((headers, request.body))

    client.meta.events.register("before-send.dynamodb.*", keep)
    yield both
    client.close()
    endpoint.close()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def put(both: Both, *items: Item) -> None:
    for item in items:
        both.boto3.put_item(TableName=both.table, Item=item)
    both.boto3s_requests.clear()


def row(sort_key: str, **attributes: Any) -> Item:
    return {"pk": {"S": PARTITION}, "sk": {"S": sort_key}, **attributes}


def key(sort_key: str) -> Item:
    return row(sort_key)


def assert_both_have_asked_for_the_same(both: Both) -> None:
    assert len(both.our_requests) == len(both.boto3s_requests) > 0
    for (ours, our_body), (boto3s, boto3s_body) in zip(both.our_requests, both.boto3s_requests, strict=True):
        assert json.loads(our_body) == json.loads(boto3s_body)
        for name in ("x-amz-target", "content-type"):
            assert ours[name] == boto3s[name]
        scope = "/us-east-1/dynamodb/aws4_request, SignedHeaders="
        assert scope in ours["authorization"]
        assert scope in boto3s["authorization"]


@pytest.mark.parametrize("sort_key", ["2026-11-01#a", "nothing"])
def test_an_item_is_read_as_boto3_reads_it(both: Both, sort_key: str) -> None:
    put(both, row("2026-11-01#a", requests={"N": "1"}))
    answer = both.boto3.get_item(TableName=both.table, Key=key(sort_key), ConsistentRead=True)
    assert both.ours.get_item(both.table, key(sort_key)) == answer.get("Item")
    assert_both_have_asked_for_the_same(both)


def test_several_items_are_read_as_boto3_reads_them(both: Both) -> None:
    put(both, row("a"), row("b", x={"S": "y"}))
    keys = [key("b"), key("nothing"), key("a")]
    answer = both.boto3.batch_get_item(RequestItems={both.table: {"Keys": keys, "ConsistentRead": True}})
    assert both.ours.batch_get(both.table, keys) == answer["Responses"][both.table]
    assert_both_have_asked_for_the_same(both)


def test_a_partition_is_read_page_by_page_as_boto3_reads_it(both: Both) -> None:
    # DynamoDB ends a page at a megabyte.
    put(both, *(row(f"{number:02}", filler={"S": "x" * 300_000}) for number in range(8)))
    pages = both.boto3.get_paginator("query").paginate(
        TableName=both.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": PARTITION}},
        ConsistentRead=True,
    )
    items = [item for page in pages for item in page["Items"]]
    assert both.ours.query(both.table, PARTITION) == items
    assert len(items) == 8
    assert len(both.our_requests) > 1
    assert_both_have_asked_for_the_same(both)


def test_a_part_of_a_partition_is_read_as_boto3_reads_it(both: Both) -> None:
    put(both, row("2026-10-31"), row("2026-11-01"), row("2026-11-02"))
    answer = both.boto3.query(
        TableName=both.table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues={":pk": {"S": PARTITION}, ":prefix": {"S": "2026-11"}},
        ConsistentRead=True,
    )
    assert (
        both.ours.query(both.table, PARTITION, "2026-11") == answer["Items"] == [key("2026-11-01"), key("2026-11-02")]
    )
    assert_both_have_asked_for_the_same(both)


def _boto3s_update(both: Both, update: Update, **more: Any) -> Any:
    return both.boto3.update_item(
        TableName=both.table,
        Key=update.key,
        UpdateExpression=update.expression,
        ExpressionAttributeValues=update.values,
        ConditionExpression=update.condition,
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ReturnValues="ALL_NEW",
        **more,
    )


def test_an_item_is_updated_as_boto3_updates_it(both: Both) -> None:
    answer = _boto3s_update(both, UPDATE, ExpressionAttributeNames=UPDATE.names)
    both.boto3.delete_item(TableName=both.table, Key=FAR)
    both.boto3s_requests.pop()
    assert both.ours.update(both.table, UPDATE) == answer["Attributes"]
    assert answer["Attributes"]["requests"] == {"N": "2"}
    assert_both_have_asked_for_the_same(both)


@pytest.mark.parametrize("item", [{}, {**FAR, "a": {"S": "c"}}])
def test_a_condition_fails_as_boto3_sees_it_fail(both: Both, item: Item) -> None:
    if item:
        put(both, item)
    with pytest.raises(ClientError) as refused:
        _boto3s_update(both, NEVER)
    with pytest.raises(ConditionFailed) as failed:
        both.ours.update(both.table, NEVER)
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert failed.value.item == refused.value.response.get("Item", {}) == item
    assert_both_have_asked_for_the_same(both)


def test_an_update_that_counts_once_is_asked_for_as_boto3_asks(both: Both) -> None:
    once = Update(FAR, "ADD n :n", {":n": {"N": "1"}})
    members = {
        "TableName": both.table,
        "Key": once.key,
        "UpdateExpression": once.expression,
        "ExpressionAttributeValues": once.values,
    }
    # Its types want each member as they name it, and these are members of ours, as they are sent.
    both.boto3.transact_write_items(ClientRequestToken="token", TransactItems=[{"Update": members}])  # type: ignore[typeddict-item]
    both.ours.update_once(both.table, once, "token")
    assert_both_have_asked_for_the_same(both)
    # DynamoDB would count once for the token, which moto does not know.
    assert both.ours.get_item(both.table, FAR) == {**FAR, "n": {"N": "2"}}


@pytest.mark.parametrize(
    ("ours", "boto3s"),
    [
        (
            lambda both: both.ours.get_item("nowhere", FAR),
            lambda both: both.boto3.get_item(TableName="nowhere", Key=FAR, ConsistentRead=True),
        ),
        (
            lambda both: both.ours.get_item(both.table, {"pk": {"S": "x"}}),
            lambda both: both.boto3.get_item(TableName=both.table, Key={"pk": {"S": "x"}}, ConsistentRead=True),
        ),
    ],
    ids=["no such table", "half a key"],
)
def test_a_refusal_has_the_name_that_boto3_tells(
    both: Both, ours: Callable[[Both], Any], boto3s: Callable[[Both], Any]
) -> None:
    with pytest.raises(ClientError) as refused:
        boto3s(both)
    with pytest.raises(StoreUnavailable) as unavailable:
        ours(both)
    assert str(unavailable.value) == f"DynamoDB refused GetItem: {refused.value.response['Error']['Code']}"
    assert_both_have_asked_for_the_same(both)


NUMBERS = st.integers(-(10**20), 10**20).map(str)
VALUES = st.recursive(
    st.one_of(
        st.text(max_size=8).map(lambda text: {"S": text}),
        NUMBERS.map(lambda number: {"N": number}),
        st.binary(max_size=8).map(lambda data: {"B": data}),
        st.booleans().map(lambda truth: {"BOOL": truth}),
        st.just({"NULL": True}),
        st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3, unique=True).map(lambda some: {"SS": some}),
        st.lists(NUMBERS, min_size=1, max_size=3, unique=True).map(lambda some: {"NS": some}),
    ),
    lambda values: st.one_of(
        st.lists(values, max_size=3).map(lambda some: {"L": some}),
        st.dictionaries(st.text(min_size=1, max_size=4), values, max_size=3).map(lambda some: {"M": some}),
    ),
    max_leaves=6,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES))
def test_attribute_values_of_every_kind_are_boto3s_but_for_binary_in_base64(
    both: Both, attributes: dict[str, Any]
) -> None:
    put(both, {**FAR, **attributes})
    answer = both.boto3.get_item(TableName=both.table, Key=FAR, ConsistentRead=True)
    assert both.ours.get_item(both.table, FAR) == _in_base64(answer["Item"])


def _in_base64(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _in_base64(member) for name, member in value.items()}
    return [_in_base64(member) for member in value] if isinstance(value, list) else value
