"""The figures that are measured, and what each may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `value` is held against `budget`; `detail` says what it was made of."""

    name: str
    value: float
    budget: float
    unit: str
    detail: str

    @property
    def holds(self) -> bool:
        """Whether the budget holds."""
        return self.value <= self.budget


def table(figures: list[Figure]) -> str:
    """Return the figures as text."""
    rows = [("what", "measured", "budget", "", "of what")]
    rows += [
        (
            figure.name,
            f"{figure.value:.2f} {figure.unit}".strip(),
            f"<= {figure.budget:g} {figure.unit}".strip(),
            "holds" if figure.holds else "OVER",
            figure.detail,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4])).rstrip()
        for row in rows
    )
