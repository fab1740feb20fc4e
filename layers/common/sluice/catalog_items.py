"""The catalog in DynamoDB: immutable snapshots in compressed chunks, and one row that points to the current one.

    pk                      sk           what                                                             TTL
    CATALOG                 CURRENT      the pointer: which snapshot, its times, the latest failure       none
    CATALOG                 LEASE        who refreshes, until when, and the fencing number                none
    CATALOG                 HELD         the digest of an implausible listing that waits for a second     expires_at
    SNAPSHOT#<snapshot id>  CHUNK#0000…  the rows: JSON, compressed, cut                                  expires_at

A reader gets the pointer, and queries the snapshot if it does not hold that one already (docs/decisions/0016).
"""

import base64
import hashlib
import zlib
from collections.abc import Sequence
from itertools import batched
from typing import Any, NamedTuple

import orjson

from sluice.catalog import Catalog, Times
from sluice.model_row import ModelRow, rows_from_json, rows_to_json

type Item = dict[str, Any]

POINTER_KEY: Item = {"pk": {"S": "CATALOG"}, "sk": {"S": "CURRENT"}}
LEASE_KEY: Item = {"pk": {"S": "CATALOG"}, "sk": {"S": "LEASE"}}
HELD_KEY: Item = {"pk": {"S": "CATALOG"}, "sk": {"S": "HELD"}}

# Bytes of a chunk. An item may have 400 KB, with its names and keys.
CHUNK_SIZE = 350_000


class BrokenSnapshot(Exception):
    """A snapshot's chunks are not all there, or not what was written."""


class Pointer(NamedTuple):
    """What the pointer row says. `generation` fences: it only ever grows."""

    snapshot_id: str
    generation: int
    times: Times
    models: int
    chunks: int
    failed_at: int = 0


class Snapshot(NamedTuple):
    """The rows of one refresh, encoded. `snapshot_id` names generation and content."""

    snapshot_id: str
    chunks: Sequence[bytes]

    def items(self, expires_at: int) -> list[Item]:
        """Return the chunks as DynamoDB items, bytes as boto3 takes them."""
        return [
            {
                "pk": {"S": snapshot_partition(self.snapshot_id)},
                "sk": {"S": f"CHUNK#{number:04}"},
                "data": {"B": chunk},
                "expires_at": {"N": str(expires_at)},
            }
            for number, chunk in enumerate(self.chunks)
        ]


def snapshot_partition(snapshot_id: str) -> str:
    """Return the partition key of a snapshot's chunks."""
    return f"SNAPSHOT#{snapshot_id}"


def encode_snapshot(generation: int, rows: Sequence[ModelRow], primary_model: str = "") -> Snapshot:
    """Encode the rows, in their order."""
    contents = {"primary_model": primary_model, **rows_to_json(rows)}
    data = zlib.compress(orjson.dumps(contents), level=9)
    chunks = [bytes(chunk) for chunk in batched(data, CHUNK_SIZE, strict=False)]
    return Snapshot(f"{generation}-{_digest(data)}", chunks)


def decode_snapshot(pointer: Pointer, items: Sequence[Item], now: float) -> Catalog:
    """Read a snapshot's items, as boto3's client (bytes) or as DynamoDB's JSON (base64) has them, in any order.

    Raises:
        BrokenSnapshot: a chunk is missing, expired, or not what was written.
    """
    live = sorted((item for item in items if int(item["expires_at"]["N"]) > now), key=lambda item: item["sk"]["S"])
    if len(live) != pointer.chunks:
        raise BrokenSnapshot(f"snapshot {pointer.snapshot_id} has {len(live)} of {pointer.chunks} chunks")
    data = b"".join(_bytes(item["data"]["B"]) for item in live)
    if pointer.snapshot_id != f"{pointer.generation}-{_digest(data)}":
        raise BrokenSnapshot(f"snapshot {pointer.snapshot_id} is not what was written")
    contents = orjson.loads(zlib.decompress(data))
    rows = rows_from_json(contents)
    return Catalog(pointer.snapshot_id, pointer.times, rows, contents["primary_model"], pointer.failed_at)


def pointer_from_item(item: Item | None) -> Pointer | None:
    """Read the pointer row; None: nothing was ever published. What was may have expired."""
    if item is None or "snapshot_id" not in item:
        return None
    return Pointer(
        snapshot_id=item["snapshot_id"]["S"],
        generation=int(item["generation"]["N"]),
        times=Times(int(item["started_at"]["N"]), int(item["refresh_interval"]["N"])),
        models=int(item["models"]["N"]),
        chunks=int(item["chunks"]["N"]),
        failed_at=int(item["failed_at"]["N"]) if "failed_at" in item else 0,
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _bytes(value: bytes | str) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else value
