"""What a record costs, by the way it is declared: microseconds to define its class, and to make one of it.

python docs/decisions/measurements/records.py
"""

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

FIELDS = (2, 8, 15)
DEFINITIONS = 50
CREATIONS = 100_000


def frozen(fields: dict[str, Any]) -> type:
    """Define a frozen dataclass with slots."""
    return dataclass(frozen=True, slots=True)(type("Record", (), {"__annotations__": fields}))


def plain(fields: dict[str, Any]) -> type:
    """Define a dataclass with slots that can be changed."""
    return dataclass(slots=True)(type("Record", (), {"__annotations__": fields}))


def named_tuple(fields: dict[str, Any]) -> Any:
    """Define a named tuple."""
    return NamedTuple("Record", list(fields.items()))


def measured(define: Callable[[dict[str, Any]], Any], count: int) -> tuple[float, float]:
    """Return both figures for a record of so many fields."""
    fields = {f"field_{number}": int for number in range(count)}
    times = []
    for _ in range(DEFINITIONS):
        begun = perf_counter()
        record = define(fields)
        times.append(perf_counter() - begun)
    values = dict.fromkeys(fields, 1)
    return median(times) * 1e6, timeit.timeit(lambda: record(**values), number=CREATIONS) / CREATIONS * 1e6


def main() -> None:
    """Print a table."""
    print("| | " + " | ".join(f"{count} fields: define, make" for count in FIELDS) + " |")
    print("|---|" + "--:|" * len(FIELDS))
    for define in (frozen, plain, named_tuple):
        figures = (measured(define, count) for count in FIELDS)
        print(f"| {define.__name__} | " + " | ".join(f"{one:.0f}, {other:.2f} µs" for one, other in figures) + " |")


if __name__ == "__main__":
    main()
