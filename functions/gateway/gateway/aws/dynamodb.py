"""The two DynamoDB calls the gateway makes, by hand: boto3 would cost most of a cold start (docs/decisions/0006).

Only GetItem and Query, JSON 1.0 protocol, checked against boto3 by a differential test. Everything else in Sluice that
talks to DynamoDB uses boto3.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import orjson

from gateway.aws.connection import Endpoint
from gateway.aws.credentials import CredentialSource
from gateway.aws.sigv4 import signed_headers
from gateway.errors import GatewayError, StoreUnavailable

type Item = dict[str, Any]

_ATTEMPTS = 3
_PATIENCE = 3.0
_BASE_DELAY = 0.05
_RETRYABLE_TYPES = frozenset(
    {
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)


class DynamoDB:
    """Reads of DynamoDB, in attribute values as boto3's client has them."""

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

    def query(self, table: str, partition: str) -> list[Item]:
        """Read all items of a partition, consistently, page by page.

        Raises:
            StoreUnavailable: DynamoDB did not answer, or refused.
        """
        request: Item = {
            "TableName": table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": partition}},
            "ConsistentRead": True,
        }
        items: list[Item] = []
        while True:
            answer = self._call("Query", request)
            items.extend(answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _call(self, operation: str, request: Item) -> Item:
        body = orjson.dumps(request)
        for attempt in range(_ATTEMPTS):
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
            failure = StoreUnavailable(f"DynamoDB refused {operation}: {error_type or status}")
            if status < 500 and error_type not in _RETRYABLE_TYPES:
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


def _jitter() -> float:
    """Return something between 0 and 1. `random` would take longer to import than a retry waits."""
    return int.from_bytes(os.urandom(2)) / 65_536
