"""Edge: the rows of API keys in the access table."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.key_issuing import issue_key
from sluice.keys import KeyRow, from_item, key_of

from sluice_cli.errors import CommandError, aws_errors
from sluice_cli.target import Target


@dataclass(frozen=True, slots=True)
class AccessTable:
    """The operator's view of the access table."""

    target: Target

    def issue(self, draft: KeyRow) -> str:
        """Write a new key and return its text. A key of the same id is never overwritten."""
        with aws_errors("dynamodb:PutItem and GetItem on the access table", unreachable=self.target.unreachable):
            try:
                text, _ = issue_key(self.target.dynamodb, self.target.access_table, draft)
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise CommandError("The id of the new key was taken already. Try again.") from error
        return text

    def rows(self) -> Sequence[KeyRow]:
        """Return every key, the oldest first."""
        # Usage and budgets lie in the same table, and each key in a partition of its own.
        with aws_errors("dynamodb:Scan on the access table", unreachable=self.target.unreachable):
            pages = self.target.dynamodb.get_paginator("scan").paginate(
                TableName=self.target.access_table,
                FilterExpression="begins_with(pk, :key) AND sk = :row",
                ExpressionAttributeValues={":key": key_of("")["pk"], ":row": key_of("")["sk"]},
                ConsistentRead=True,
            )
            rows = [from_item(item) for page in pages for item in page["Items"]]
        return sorted(rows, key=lambda row: (row.created_at, row.key_id))

    def disable(self, key_id: str) -> KeyRow:
        """Disable a key and return its row as it was before."""
        with aws_errors("dynamodb:UpdateItem on the access table", unreachable=self.target.unreachable):
            try:
                answer = self.target.dynamodb.update_item(
                    TableName=self.target.access_table,
                    Key=key_of(key_id),
                    UpdateExpression="SET disabled = :yes",
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues={":yes": {"BOOL": True}},
                    ReturnValues="ALL_OLD",
                )
            except self.target.dynamodb.exceptions.ConditionalCheckFailedException as error:
                raise CommandError(f"There is no key with the id {key_id}.") from error
        return from_item(answer["Attributes"])
