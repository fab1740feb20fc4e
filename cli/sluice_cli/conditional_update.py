"""An update of a DynamoDB item that holds only while the item is what was read. Pure."""

from collections.abc import Mapping
from typing import Any, TypedDict

type Item = Mapping[str, Any]


class Update(TypedDict):
    """Parameters of `update_item`."""

    UpdateExpression: str
    ConditionExpression: str
    ExpressionAttributeNames: dict[str, str]
    ExpressionAttributeValues: dict[str, Any]


def changing(before: Item, after: Item) -> Update | None:
    """Return the update that makes one of the other, of the attributes that differ; None: there is nothing to do.

    Its condition is that each of these is still what it was, and that there is an item; none where `before` is empty.
    """
    differing = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if not differing:
        return None
    names = {f"#{number}": name for number, name in enumerate(differing)}
    set_, removed, conditions = [], [], ["attribute_exists(pk)" if before else "attribute_not_exists(pk)"]
    values: dict[str, Any] = {}
    for number, name in enumerate(differing):
        if name in after:
            set_.append(f"#{number} = :new{number}")
            values[f":new{number}"] = after[name]
        else:
            removed.append(f"#{number}")
        if name in before:
            conditions.append(f"#{number} = :old{number}")
            values[f":old{number}"] = before[name]
        else:
            conditions.append(f"attribute_not_exists(#{number})")
    clauses = (f"{verb} {', '.join(parts)}" for verb, parts in (("SET", set_), ("REMOVE", removed)) if parts)
    return Update(
        UpdateExpression=" ".join(clauses),
        ConditionExpression=" AND ".join(conditions),
        ExpressionAttributeNames=names,
        # Never empty: what differs was there before or is there after.
        ExpressionAttributeValues=values,
    )
