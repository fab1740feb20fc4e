"""A stand-in for DynamoDB under load: it answers from memory, after about as long as DynamoDB takes.

moto takes milliseconds of this machine's CPU for each request, one request at a time; AWS's tables take none of it.
What is written is counted and dropped: nothing that is measured reads it.
"""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sluice_local.http_server import Exchange

type Item = dict[str, Any]

LATENCY = 0.004
_JSON = [("content-type", "application/x-amz-json-1.0")]
_WRITES = frozenset({"UpdateItem", "TransactWriteItems"})


@dataclass(frozen=True, slots=True)
class TableCalls:
    """How many requests to the tables there were."""

    reads: int
    writes: int

    def __sub__(self, earlier: "TableCalls") -> "TableCalls":
        return TableCalls(self.reads - earlier.reads, self.writes - earlier.writes)

    def __add__(self, more: "TableCalls") -> "TableCalls":
        return TableCalls(self.reads + more.reads, self.writes + more.writes)


class Tables:
    """Tables with the keys `pk` and `sk`, from the items that each has. `GET` anything tells the calls so far."""

    def __init__(self, items: Mapping[str, Iterable[Item]]) -> None:
        self._tables = {name: {_key(item): item for item in held} for name, held in items.items()}
        self._calls = TableCalls(0, 0)
        self._operations: dict[str, Callable[[Item], Item]] = {
            "GetItem": self._get,
            "BatchGetItem": self._get_several,
            "Query": self._query,
            **dict.fromkeys(_WRITES, _drop),
        }

    async def handle(self, exchange: Exchange) -> None:
        """Answer one request; the handler of an HTTP server."""
        if exchange.request.method == "GET":
            await exchange.respond(200, _JSON, json.dumps(asdict(self._calls)).encode())
            return
        name = (exchange.request.header("x-amz-target") or "").partition(".")[2]
        is_write = name in _WRITES
        self._calls = TableCalls(self._calls.reads + (not is_write), self._calls.writes + is_write)
        await asyncio.sleep(LATENCY)
        if operation := self._operations.get(name):
            await exchange.respond(200, _JSON, _encoded(operation(json.loads(exchange.request.body))))
        else:
            await exchange.respond(400, _JSON, json.dumps({"__type": "UnknownOperationException"}).encode())

    def _get(self, request: Item) -> Item:
        item = self._tables[request["TableName"]].get(_key(request["Key"]))
        return {"Item": item} if item else {}

    def _get_several(self, request: Item) -> Item:
        found = {
            name: [item for key in asked["Keys"] if (item := self._tables[name].get(_key(key)))]
            for name, asked in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, request: Item) -> Item:
        values = request["ExpressionAttributeValues"]
        partition, prefix = values[":pk"]["S"], values.get(":prefix", {"S": ""})["S"]
        held = self._tables[request["TableName"]].items()
        return {"Items": [item for (pk, sk), item in held if pk == partition and sk.startswith(prefix)]}


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _encoded(answer: Item) -> bytes:
    # boto3 has given binary values as bytes.
    return json.dumps(answer, default=lambda value: b64encode(value).decode()).encode()


def _drop(_: Item) -> Item:
    return {}
