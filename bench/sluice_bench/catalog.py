"""What a catalog costs: time and capacity units of a refresh and of a cold gateway's read, for catalogs of three sizes.

Run it as `make bench-catalog`. DynamoDB is moto's, so its own time does not count: only Sluice's CPU does.
The units are AWS's, reckoned from the items' sizes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.catalog import Times
from sluice.catalog_items import Item, Pointer, decode_snapshot, encode_snapshot
from sluice.resolution import Names, Policy

from sluice_bench.account import REGIONS, listings_of, rows_of

SIZES = (100, 1_000, 10_000)
_NOW = 1_700_000_000
_READ_UNIT, _WRITE_UNIT = 4096, 1024
# Lease taken, pointer moved, lease given back: items of less than a unit each.
_SMALL_WRITES = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """One size's figures; times are milliseconds of CPU."""

    models: int
    compressed_bytes: int
    refresh_ms: float
    refresh_write_units: int
    refresh_read_units: int
    cold_read_ms: float
    cold_read_units: int
    warm_read_units: int = 1


def cost_of(count: int) -> Cost:
    """Assemble, encode and decode a catalog of so many rows, and make its names.

    A refresh reads the last catalog too.
    """
    times = Times(_NOW, 3600)
    listings = listings_of(count)
    begun = time.process_time()
    rows = rows_of(listings, times)[:count]
    snapshot = encode_snapshot(1, rows)
    refreshed = time.process_time()
    pointer = Pointer(snapshot.snapshot_id, 1, times, len(rows), len(snapshot.chunks))
    items = snapshot.items(times.expires_at)
    read = time.process_time()
    catalog = decode_snapshot(pointer, items, _NOW)
    Names(catalog.rows, Policy(REGIONS[0]))
    done = time.process_time()
    assert len(catalog.rows) == count
    # The pointer, and a query, which is charged for the sum of what it reads.
    read_units = 1 + -(-sum(map(item_size, items)) // _READ_UNIT)
    return Cost(
        models=count,
        compressed_bytes=sum(map(len, snapshot.chunks)),
        refresh_ms=(refreshed - begun) * 1000,
        refresh_write_units=_SMALL_WRITES + sum(-(-item_size(item) // _WRITE_UNIT) for item in items),
        refresh_read_units=read_units,
        cold_read_ms=(done - read) * 1000,
        cold_read_units=read_units,
    )


def item_size(item: Item) -> int:
    """Return an item's size as DynamoDB reckons it: names and values."""
    return sum(len(name) + sum(len(value) for value in member.values()) for name, member in item.items())


def main(sizes: Sequence[int] = SIZES) -> None:
    """Print a table of the figures."""
    print("| Rows | Compressed | Refresh | Its write units | Its read units | Cold read | Its read units | Unchanged |")
    print("|---|---|---|---|---|---|---|---|")
    for cost in map(cost_of, sizes):
        print(
            f"| {cost.models:,} | {cost.compressed_bytes / 1000:.1f} KB | {cost.refresh_ms:.0f} ms | "
            f"{cost.refresh_write_units} | {cost.refresh_read_units} | {cost.cold_read_ms:.0f} ms | "
            f"{cost.cold_read_units} | {cost.warm_read_units} |"
        )


if __name__ == "__main__":
    main()
