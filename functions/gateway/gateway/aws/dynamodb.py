"""The few DynamoDB calls the gateway makes, by hand: boto3 would cost most of a cold start (docs/decisions/0006).

GetItem, BatchGetItem, Query, UpdateItem and TransactWriteItems, JSON 1.0 protocol, checked against boto3 by a
differential test. Everything else in Sluice that talks to DynamoDB uses boto3.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from gateway.aws.connection import Endpoint
from gateway.aws.credentials import CredentialSource
from gateway.aws.sigv4 import signed_headers
from gateway.errors import GatewayError, StoreUnavailable

type Item = dict[str, Any]

ATTEMPTS = 3
_PATIENCE = 3.0
_BASE_DELAY = 0.05
_RETRYABLE_TYPES = frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingException",
    }
)


# What a cancelled transaction gives as its reasons where asking again can help.
_RETRYABLE_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})


class ConditionFailed(Exception):
    """An update's condition did not hold; `item` is what the table has, empty: nothing."""

    def __init__(self, item: Item) -> None:
        super().__init__("the condition did not hold")
        self.item = item


class Update(NamedTuple):
    """One UpdateItem. `names` and `values` are for what the expressions write as `#name` and `:value`."""

    key: Item
    expression: str
    values: Item
    condition: str = ""
    names: Mapping[str, str] = {}

    def request(self, table: str) -> Item:
        """Return the members of the request."""
        request: Item = {
            "TableName": table,
            "Key": self.key,
            "UpdateExpression": self.expression,
            "ExpressionAttributeValues": self.values,
        }
        if self.condition:
            request["ConditionExpression"] = self.condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self.names:
            request["ExpressionAttributeNames"] = self.names
        return request


class DynamoDB:
    """Reads and updates of DynamoDB, in attribute values as boto3's client has them."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialSource,
        region: str,
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._sleep = sleep

    def get_item(self, table: str, key: Item) -> Item | None:
        """Read one item, consistently; None: there is none.

        Raises:
            StoreUnavailable: DynamoDB did not answer, or refused.
        """
        answer = self._call("GetItem", {"TableName": table, "Key": key, "ConsistentRead": True})
        return answer.get("Item")

    def batch_get(self, table: str, keys: Sequence[Item]) -> list[Item]:
        """Read up to 100 items, consistently, in no order; what does not exist is missing.

        Raises:
            StoreUnavailable: DynamoDB did not answer, or refused, or did not process all of them.
        """
        items: list[Item] = []
        asked: Item = {table: {"Keys": list(keys), "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(_jitter() * _BASE_DELAY * 2**attempt)
            answer = self._call("BatchGetItem", {"RequestItems": asked})
            items.extend(answer["Responses"].get(table, ()))
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return items
        raise StoreUnavailable("DynamoDB did not process all of a BatchGetItem")

    def update(self, table: str, update: Update, *, attempts: int = ATTEMPTS) -> Item:
        """Update one item and return all of it as it is now.

        It is asked again where DynamoDB did not answer, so what must not happen twice needs a condition, or a
        single attempt.

        Raises:
            ConditionFailed: the condition did not hold.
            StoreUnavailable: DynamoDB did not answer, or refused.
        """
        answer = self._call("UpdateItem", {**update.request(table), "ReturnValues": "ALL_NEW"}, attempts)
        attributes: Item = answer.get("Attributes", {})
        return attributes

    def update_once(self, table: str, update: Update, token: str) -> None:
        """Update one item, and not again for the same token within ten minutes, however often it is asked.

        Raises:
            StoreUnavailable: DynamoDB did not answer, or refused.
        """
        self._call(
            "TransactWriteItems", {"ClientRequestToken": token, "TransactItems": [{"Update": update.request(table)}]}
        )

    def query(self, table: str, partition: str, prefix: str = "") -> list[Item]:
        """Read all items of a partition whose sort key begins so, consistently, page by page.

        Raises:
            StoreUnavailable: DynamoDB did not answer, or refused.
        """
        request: Item = {
            "TableName": table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
            "ConsistentRead": True,
        }
        if prefix:
            request["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
            request["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
        items: list[Item] = []
        while True:
            answer = self._call("Query", request)
            items.extend(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _call(self, operation: str, request: Item, attempts: int = ATTEMPTS) -> Item:
        body = orjson.dumps(request)
        for attempt in range(attempts):
            if attempt:
                self._sleep(_jitter() * _BASE_DELAY * 2**attempt)
            try:
                status, answer = self._ask(operation, body)
            except GatewayError as error:
                failure = StoreUnavailable(f"DynamoDB did not answer {operation}: {error}")
                failure.__cause__ = error
                continue
            if status == 200:
                return answer
            error_type = str(answer.get("__type", "")).rpartition("#")[2]
            if error_type == "ConditionalCheckFailedException":
                raise ConditionFailed(answer.get("Item") or {})
            failure = StoreUnavailable(f"DynamoDB refused {operation}: {error_type or status}")
            if status < 500 and error_type not in _RETRYABLE_TYPES and not _is_conflict(answer):
                break
        raise failure

    def _ask(self, operation: str, body: bytes) -> tuple[int, Item]:
        headers = {
            "host": self._endpoint.host_header,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        }
        path = self._endpoint.path_prefix + "/"
        signed = signed_headers(
            "POST",
            path,
            headers,
            body,
            self._credentials(),
            service="dynamodb",
            region=self._region,
            now=self._clock(),
        )
        response = self._endpoint.send("POST", path, signed, body)
        try:
            head = response.head(_PATIENCE)
            if head is None:
                raise StoreUnavailable(f"no answer within {_PATIENCE:.0f} seconds")
            raw = response.read_all(_PATIENCE)
        finally:
            response.close()
        try:
            answer = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise StoreUnavailable("its answer is no JSON") from error
        if not isinstance(answer, dict):
            raise StoreUnavailable("its answer is no JSON object")
        return head.status, answer


def _is_conflict(answer: Item) -> bool:
    """Tell whether a transaction was cancelled for others' sake only."""
    codes = {reason.get("Code", "None") for reason in answer.get("CancellationReasons", ())} - {"None"}
    return bool(codes) and codes <= _RETRYABLE_REASONS


def _jitter() -> float:
    """Return something between 0 and 1. `random` would take longer to import than a retry waits."""
    return int.from_bytes(os.urandom(2)) / 65_536
