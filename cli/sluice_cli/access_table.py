"""Edge: the rows of the access table, as an operator reads and changes them.

Whatever is changed is changed on condition that it is still what was read, so that of two operators at once neither
undoes the other's work without a word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sluice.access_items import Item, budget_key, principal_key, usage_partition
from sluice.key_issuing import issue_key
from sluice.keys import KeyRow, from_item, key_of, to_item
from sluice.usage import UsageRow, usage_from_item

from sluice_cli.conditional_update import changing
from sluice_cli.errors import CommandError, aws_errors
from sluice_cli.target import Target

_CHANGED_MEANWHILE = "Somebody else changed it at the same moment, and nothing was written. Look again, and try again."
# As many as one BatchGetItem may ask for.
_MOST_IN_A_BATCH = 100
_EXISTS = "attribute_exists(pk)"
# `$` comes right after the `#` between a row's day and its model.
_AFTER_DAY = "$"


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
        values = {":key": key_of("")["pk"], ":row": key_of("")["sk"]}
        rows = map(from_item, self._scan("begins_with(pk, :key) AND sk = :row", values))
        return sorted(rows, key=lambda row: (row.created_at, row.key_id))

    def key(self, key_id: str) -> KeyRow:
        """Return a key."""
        if item := self._get(key_of(key_id)):
            return from_item(item)
        raise _no_key(key_id)

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
                    ConditionExpression=_EXISTS,
                    ExpressionAttributeValues={":disabled": {"BOOL": disabled}},
                    ReturnValues="ALL_OLD",
                )
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise _no_key(key_id) from error
        return from_item(answer["Attributes"])

    def delete_key(self, key_id: str) -> None:
        """Delete a key's row, and nothing of what was counted under it."""
        if not self._delete(key_of(key_id)):
            raise _no_key(key_id)

    def policy(self, key: Item) -> str | None:
        """Return a policy as the table holds it; None: there is no such row."""
        item = self._get(key)
        return str(item.get("policy", {}).get("S", "")) if item else None

    def change_policy(self, key: Item, before: str | None, after: str) -> None:
        """Write a policy over the one that was read."""
        self._change(key, {} if before is None else {"policy": {"S": before}}, {"policy": {"S": after}})

    def principals(self) -> Sequence[tuple[str, str]]:
        """Return the ARN of every IAM principal that has a policy, and the policy as the table holds it."""
        prefix, row = principal_key("")["pk"]["S"], principal_key("")["sk"]
        items = self._scan("begins_with(pk, :principal) AND sk = :row", {":principal": {"S": prefix}, ":row": row})
        return sorted((item["pk"]["S"].removeprefix(prefix), item.get("policy", {}).get("S", "")) for item in items)

    def delete_principal(self, arn: str) -> bool:
        """Delete a principal's policy, and tell whether there was one."""
        return self._delete(principal_key(arn))

    def taken_of_budget(self, scope: str, day: str) -> tuple[int, int]:
        """Return what is spent or set aside of a scope's day and of its month, in nano-dollars."""
        item = self._get(budget_key(scope, day[:7]))
        taken = [int(item.get(name, {}).get("N", 0)) for name in (f"day_{day[8:]}", "month")]
        return taken[0], taken[1]

    def usage_of(self, caller: str, since: str, until: str) -> Sequence[UsageRow]:
        """Return what a caller used from one day through another."""
        with self._needing("Query"):
            pages = self.target.dynamodb.get_paginator("query").paginate(
                TableName=self.target.access_table,
                KeyConditionExpression="pk = :caller AND sk BETWEEN :since AND :until",
                ExpressionAttributeValues={":caller": {"S": usage_partition(caller)}, **_span(since, until)},
            )
            return [usage_from_item(item) for page in pages for item in page["Items"]]

    def usage(self, since: str, until: str) -> Sequence[UsageRow]:
        """Return what all callers used from one day through another."""
        values = {":usage": {"S": usage_partition("")}, **_span(since, until)}
        items = self._scan("begins_with(pk, :usage) AND sk BETWEEN :since AND :until", values)
        return list(map(usage_from_item, items))

    def names_of(self, key_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of keys by their ids, without those that are not there."""
        wanted: list[Item] = [key_of(key_id) for key_id in key_ids]
        names: dict[str, str] = {}
        with self._needing("BatchGetItem"):
            while wanted:
                batch, wanted = wanted[:_MOST_IN_A_BATCH], wanted[_MOST_IN_A_BATCH:]
                answer = self.target.dynamodb.batch_get_item(RequestItems={self.target.access_table: {"Keys": batch}})
                rows = map(from_item, answer["Responses"].get(self.target.access_table, []))
                names |= {row.key_id: row.name for row in rows}
                # What DynamoDB did not get to is asked for again.
                wanted += answer["UnprocessedKeys"].get(self.target.access_table, {"Keys": []})["Keys"]
        return names

    def _get(self, key: Item) -> Item:
        with self._needing("GetItem"):
            answer = self.target.dynamodb.get_item(TableName=self.target.access_table, Key=key, ConsistentRead=True)
        return answer.get("Item", {})

    def _scan(self, wanted: str, values: Mapping[str, Item]) -> Iterator[Item]:
        with self._needing("Scan"):
            pages = self.target.dynamodb.get_paginator("scan").paginate(
                TableName=self.target.access_table,
                FilterExpression=wanted,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
            )
            for page in pages:
                yield from page["Items"]

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

    def _delete(self, key: Item) -> bool:
        with self._needing("DeleteItem"):
            try:
                self.target.dynamodb.delete_item(
                    TableName=self.target.access_table, Key=key, ConditionExpression=_EXISTS
                )
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _needing(self, actions: str) -> AbstractContextManager[None]:
        return aws_errors(f"dynamodb:{actions} on the access table", unreachable=self.target.unreachable)


def _no_key(key_id: str) -> CommandError:
    return CommandError(f"There is no key with the id {key_id}.")


def _span(since: str, until: str) -> dict[str, Item]:
    return {":since": {"S": since}, ":until": {"S": until + _AFTER_DAY}}
