"""Edge: the catalog table as the refresh function uses it: lease, snapshots, pointer.

Every decision is a condition of DynamoDB's, made on the row that it is about (docs/decisions/0016).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from sluice.catalog import Catalog, Times
from sluice.catalog_items import (
    HELD_KEY,
    LEASE_KEY,
    POINTER_KEY,
    BrokenSnapshot,
    Item,
    Pointer,
    Snapshot,
    decode_snapshot,
    pointer_from_item,
    snapshot_partition,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The most that BatchWriteItem takes.
BATCH_SIZE = 25
# The longest pauses, in seconds, before what DynamoDB left unprocessed is sent again.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)


class PublishError(Exception):
    """DynamoDB kept leaving items unprocessed. Nothing points to what was written, and the next run begins anew."""

    def __init__(self, table: str, count: int) -> None:
        super().__init__(f"{count} items are not in {table}: DynamoDB left them unprocessed {len(PAUSES) + 1} times")


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """The table. `pause` waits for at most so many seconds (jitter is its affair)."""

    client: "DynamoDBClient"
    name: str
    pause: Callable[[float], None]

    def take_lease(self, owner: str, now: int, duration: int) -> int | None:
        """Become the one who refreshes, and return the fencing number; None: somebody else is.

        The same owner may come again: Lambda's retry of a run that died has the same id.
        """
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key=LEASE_KEY,
                UpdateExpression="SET lease_owner = :owner, leased_until = :until ADD generation :one",
                ConditionExpression="attribute_not_exists(pk) OR leased_until <= :now OR lease_owner = :owner",
                ExpressionAttributeValues={
                    ":owner": {"S": owner},
                    ":until": _number(now + duration),
                    ":now": _number(now),
                    ":one": _number(1),
                },
                ReturnValues="UPDATED_NEW",
            )
        except ClientError as error:
            if _is_refused_condition(error):
                return None
            raise
        return int(answer["Attributes"]["generation"]["N"])

    def release_lease(self, owner: str, generation: int) -> None:
        """Let the next one begin at once. A lease that somebody else has taken meanwhile stays theirs."""
        self._update(
            LEASE_KEY,
            "SET leased_until = :never",
            "lease_owner = :owner AND generation = :generation",
            {":never": _number(0), ":owner": {"S": owner}, ":generation": _number(generation)},
        )

    def next_generation(self) -> int:
        """Return the fencing number that the next lease will have."""
        item = self.client.get_item(TableName=self.name, Key=LEASE_KEY, ConsistentRead=True).get("Item", {})
        return int(item.get("generation", {}).get("N", 0)) + 1

    def pointer(self) -> Pointer | None:
        """Return what the last snapshot is, which may have expired; None: there never was one."""
        answer = self.client.get_item(TableName=self.name, Key=POINTER_KEY, ConsistentRead=True)
        return pointer_from_item(answer.get("Item"))

    def current(self, now: float) -> tuple[Pointer | None, Catalog | None]:
        """Return the pointer and the catalog it points to; one that has expired, or cannot be read, is none."""
        pointer = self.pointer()
        if pointer is None or pointer.times.have_expired(now):
            return pointer, None
        try:
            return pointer, decode_snapshot(pointer, self._items(pointer.snapshot_id), now)
        except BrokenSnapshot:
            return pointer, None

    def write_snapshot(self, snapshot: Snapshot, expires_at: int) -> None:
        """Write the chunks, to which nothing points yet.

        Raises:
            PublishError: chunks stayed unprocessed to the last.
            ClientError: DynamoDB refused a batch.
        """
        for batch in batched(snapshot.items(expires_at), BATCH_SIZE, strict=False):
            self._write([{"PutRequest": {"Item": item}} for item in batch])

    def point_to(self, pointer: Pointer) -> bool:
        """Make a snapshot the current one, at once for every reader; False: a later refresh was first."""
        values = {
            ":snapshot": {"S": pointer.snapshot_id},
            ":generation": _number(pointer.generation),
            ":started": _number(pointer.times.started_at),
            ":interval": _number(pointer.times.refresh_interval),
            ":models": _number(pointer.models),
            ":chunks": _number(pointer.chunks),
        }
        return self._update(
            POINTER_KEY,
            "SET snapshot_id = :snapshot, generation = :generation, started_at = :started, "
            "refresh_interval = :interval, models = :models, chunks = :chunks REMOVE failed_at",
            "attribute_not_exists(generation) OR generation < :generation",
            values,
        )

    def mark_failure(self, now: int) -> None:
        """Write beside the last good catalog that it could not be renewed."""
        values = {":now": _number(now)}
        self._update(POINTER_KEY, "SET failed_at = :now", "attribute_exists(snapshot_id)", values)

    def is_said_again(self, digest: str, generation: int) -> bool:
        """Whether the refresh before this one held a listing of the same digest back."""
        item = self.client.get_item(TableName=self.name, Key=HELD_KEY, ConsistentRead=True).get("Item", {})
        held = item.get("digest", {}).get("S"), int(item.get("generation", {}).get("N", 0))
        return held == (digest, generation - 1)

    def hold(self, digest: str, generation: int, times: Times) -> None:
        """Remember the digest of a listing that nobody should see before the next refresh says the same."""
        self.client.update_item(
            TableName=self.name,
            Key=HELD_KEY,
            UpdateExpression="SET digest = :digest, generation = :generation, expires_at = :expires",
            ExpressionAttributeValues={
                ":digest": {"S": digest},
                ":generation": _number(generation),
                ":expires": _number(times.expires_at),
            },
        )

    def _items(self, snapshot_id: str) -> list[Item]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": snapshot_partition(snapshot_id)}},
            ConsistentRead=True,
        )
        return [dict(item) for page in pages for item in page["Items"]]

    def _write(self, requests: Sequence[Any]) -> None:
        for longest_pause in (*PAUSES, None):
            answer = self.client.batch_write_item(RequestItems={self.name: requests})
            requests = answer.get("UnprocessedItems", {}).get(self.name, [])
            if not requests:
                return
            if longest_pause is not None:
                self.pause(longest_pause)
        raise PublishError(self.name, len(requests))

    def _update(self, key: Item, expression: str, condition: str, values: Item) -> bool:
        try:
            self.client.update_item(
                TableName=self.name,
                Key=key,
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except ClientError as error:
            if _is_refused_condition(error):
                return False
            raise
        return True


def _number(value: int) -> dict[str, Any]:
    return {"N": str(value)}


def _is_refused_condition(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
