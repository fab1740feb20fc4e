"""Makes API keys in an access table, with boto3's client: for the operator's command, the local stack and tests."""

import time
from typing import TYPE_CHECKING

from sluice.access_items import SECRET_KEY
from sluice.keys import KeyRow, new_deployment_secret, new_key, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_NEW = "attribute_not_exists(pk)"


def deployment_secret(dynamodb: "DynamoDBClient", table: str) -> bytes:
    """Return the secret behind the ids of the deployment's keys; the first who asks makes it.

    Raises:
        ClientError: as the client's `put_item` and `get_item`.
    """
    made = new_deployment_secret()
    try:
        dynamodb.put_item(TableName=table, Item={**SECRET_KEY, "secret": {"B": made}}, ConditionExpression=_NEW)
    except dynamodb.exceptions.ConditionalCheckFailedException:
        found = dynamodb.get_item(TableName=table, Key=SECRET_KEY, ConsistentRead=True)
        return bytes(found["Item"]["secret"]["B"])
    return made


def issue_key(dynamodb: "DynamoDBClient", table: str, draft: KeyRow) -> tuple[str, KeyRow]:
    """Write a new key: its text, to be shown this once, and its row, which is the draft with an id and a hash.

    Raises:
        ClientError: as the client's `put_item` and `get_item`; ConditionalCheckFailedException: the id is taken.
    """
    text, key = new_key(deployment_secret(dynamodb, table))
    row = draft._replace(key_id=key.key_id, secret_sha256=key.secret_sha256)
    dynamodb.put_item(TableName=table, Item=to_item(row), ConditionExpression=_NEW)
    return text, row


def draft_key(name: str, *, disabled: bool = False) -> KeyRow:
    """Return a key of that name that may do everything for ever, made now; `issue_key` gives it its id."""
    return KeyRow("", "", name, int(time.time()), disabled)
