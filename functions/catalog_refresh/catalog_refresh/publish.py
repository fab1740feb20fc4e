"""Edge: rows into the catalog table."""

from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from sluice.catalog import ModelRow, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The most that BatchWriteItem takes.
BATCH_SIZE = 25
# The longest pauses, in seconds, before what DynamoDB left unprocessed is sent again.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class PublishError(Exception):
    """DynamoDB kept leaving rows unprocessed; what was written stays, and the next run writes it again."""

    def __init__(self, table: str, count: int) -> None:
        super().__init__(f"{count} rows are not in {table}: DynamoDB left them unprocessed {len(PAUSES) + 1} times")


def publish(client: "DynamoDBClient", table: str, rows: Iterable[ModelRow], pause: Callable[[float], None]) -> None:
    """Write the rows, each replacing its predecessor.

    `pause` waits for at most so many seconds (jitter is its affair).

    Raises:
        PublishError: rows stayed unprocessed to the last.
        ClientError: DynamoDB refused a batch.
    """
    for batch in batched(rows, BATCH_SIZE, strict=False):
        _write(client, table, [{"PutRequest": {"Item": to_item(row)}} for row in batch], pause)


def _write(client: "DynamoDBClient", table: str, requests: Sequence[Any], pause: Callable[[float], None]) -> None:
    for longest_pause in (*PAUSES, None):
        answer = client.batch_write_item(RequestItems={table: requests})
        requests = answer.get("UnprocessedItems", {}).get(table, [])
        if not requests:
            return
        if longest_pause is not None:
            pause(longest_pause)
    raise PublishError(table, len(requests))
