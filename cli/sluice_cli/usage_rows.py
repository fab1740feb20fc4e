"""Edge: the rows of the access table that say what was used."""

from collections.abc import Sequence

from sluice.access_items import day_of, usage_partition
from sluice.usage import UsageRow, Used, usage_from_item

from sluice_cli.errors import aws_errors
from sluice_cli.target import Target

# `$` comes right after the `#` between a row's day and its model.
_AFTER_DAY = "$"


def usage_of(target: Target, caller: str, since: str, until: str) -> Sequence[UsageRow]:
    """Return what a caller used from one day through another."""
    with aws_errors("dynamodb:Query on the access table", unreachable=target.unreachable):
        pages = target.dynamodb.get_paginator("query").paginate(
            TableName=target.access_table,
            KeyConditionExpression="pk = :caller AND sk BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":caller": {"S": usage_partition(caller)},
                ":since": {"S": since},
                ":until": {"S": until + _AFTER_DAY},
            },
        )
        return [usage_from_item(item) for page in pages for item in page["Items"]]


def used_lately(target: Target, caller: str, now: float) -> Sequence[tuple[str, Used]]:
    """Return what a caller used today and this month."""
    today = day_of(now)
    rows = usage_of(target, caller, f"{today[:7]}-01", today)
    return (
        ("today", sum((row.used for row in rows if row.day == today), Used())),
        ("this month", sum((row.used for row in rows), Used())),
    )
