"""Edge: the rows of the access table, as an operator reads and changes them.

Whatever is changed is changed on condition that it is still what was read, so that of two operators at once neither
undoes the other's work without a word.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sluice.access_items import Item
from sluice.key_issuing import issue_key
from sluice.keys import KeyRow, from_item, key_of, to_item

from sluice_cli.conditional_update import changing
from sluice_cli.errors import CommandError, aws_errors
from sluice_cli.target import Target

_CHANGED_MEANWHILE = "Somebody else changed it at the same moment, and nothing was written. Look again, and try again."


@dataclass(frozen=True, slots=True)
class AccessTable:
    """The operator's view of the access table."""

    target: Target

    def issue(self, draft: KeyRow) -> tuple[str, KeyRow]:
        """Write a new key; return its text and its row. A key of the same id is never overwritten."""
        with self._needing("PutItem and GetItem"):
            try:
                return issue_key(self.target.dynamodb, self.target.access_table, draft)
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise CommandError("The id of the new key was taken already. Try again.") from error

    def keys(self) -> Sequence[KeyRow]:
        """Return every key, the oldest first."""
        # Usage and budgets lie in the same table, and each key in a partition of its own.
        with self._needing("Scan"):
            pages = self.target.dynamodb.get_paginator("scan").paginate(
                TableName=self.target.access_table,
                FilterExpression="begins_with(pk, :key) AND sk = :row",
                ExpressionAttributeValues={":key": key_of("")["pk"], ":row": key_of("")["sk"]},
                ConsistentRead=True,
            )
            rows = [from_item(item) for page in pages for item in page["Items"]]
        return sorted(rows, key=lambda row: (row.created_at, row.key_id))

    def key(self, key_id: str) -> KeyRow:
        """Return a key."""
        with self._needing("GetItem"):
            answer = self.target.dynamodb.get_item(
                TableName=self.target.access_table, Key=key_of(key_id), ConsistentRead=True
            )
        if "Item" not in answer:
            raise _no_key(key_id)
        return from_item(answer["Item"])

    def change_key(self, before: KeyRow, after: KeyRow) -> None:
        """Write what differs between a key as it was read and as it is to be."""
        self._change(key_of(before.key_id), to_item(before), to_item(after))

    def set_disabled(self, key_id: str, *, disabled: bool) -> KeyRow:
        """Disable or enable a key, whatever else happens to it, and return its row as it was before."""
        with self._needing("UpdateItem"):
            try:
                answer = self.target.dynamodb.update_item(
                    TableName=self.target.access_table,
                    Key=key_of(key_id),
                    UpdateExpression="SET disabled = :disabled",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":disabled": {"BOOL": disabled}},
                    ReturnValues="ALL_OLD",
                )
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise _no_key(key_id) from error
        return from_item(answer["Attributes"])

    def delete_key(self, key_id: str) -> None:
        """Delete a key's row, and nothing of what was counted under it."""
        with self._needing("DeleteItem"):
            try:
                self.target.dynamodb.delete_item(
                    TableName=self.target.access_table,
                    Key=key_of(key_id),
                    ConditionExpression="attribute_exists(pk)",
                )
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise _no_key(key_id) from error

    def _change(self, key: Item, before: Item, after: Item) -> None:
        """Write the attributes that differ, and only while each of them is what it was; no `before`: a new row."""
        update = changing(before, after)
        if update is None:
            return
        with self._needing("UpdateItem"):
            try:
                self.target.dynamodb.update_item(TableName=self.target.access_table, Key=key, **update)
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise CommandError(_CHANGED_MEANWHILE) from error

    def _needing(self, actions: str) -> AbstractContextManager[None]:
        return aws_errors(f"dynamodb:{actions} on the access table", unreachable=self.target.unreachable)


def _no_key(key_id: str) -> CommandError:
    return CommandError(f"There is no key with the id {key_id}.")
