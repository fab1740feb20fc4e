"""The figures that are measured, and what each may be at most."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_HEADINGS = ("what", "measured", "budget", "", "of what")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `value` is held against `budget`, if there is one; `detail` says what it was made of."""

    name: str
    value: float
    budget: float | None
    unit: str
    detail: str

    @property
    def holds(self) -> bool:
        """Whether the budget holds."""
        return self.budget is None or self.value <= self.budget

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the figure as the table shows it."""
        measured = f"{self.value:.2f} {self.unit}".strip()
        if self.budget is None:
            return (self.name, measured, "", "", self.detail)
        return (
            self.name,
            measured,
            f"<= {self.budget:g} {self.unit}".strip(),
            "holds" if self.holds else "OVER",
            self.detail,
        )


def ratio(name: str, budget: float | None, pairs: Sequence[tuple[float, float]], unit: str) -> Figure:
    """Return the gateway's figure over the floor's: of each round's pair (gateway, floor), and the median of those.

    A disturbance of the machine falls on both of a pair, and a round that is spoilt all the same does not count.
    """
    ratios = [ours / floors for ours, floors in pairs]
    ours, floors = (statistics.median(values) for values in zip(*pairs, strict=True))
    detail = f"{ours:.1f} {unit}, floor {floors:.1f} {unit}; rounds {min(ratios):.2f} to {max(ratios):.2f}"
    return Figure(name, statistics.median(ratios), budget, "x floor", detail)


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as text."""
    rows = [_HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4])).rstrip()
        for row in rows
    )
