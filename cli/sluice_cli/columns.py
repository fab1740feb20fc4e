"""Aligned columns for people to read."""

from collections.abc import Collection, Iterable, Sequence


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return a line for each row, headings among them; no line ends with a space."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def page(heading: str, facts: Iterable[tuple[str, str]]) -> str:
    """Return a heading and a line for each fact, label and text; those without a text are left out."""
    return f"{heading}\n\n{aligned([(f'  {label}', text) for label, text in facts if text])}"


def right_aligned(rows: Sequence[Sequence[str]], columns: Collection[int]) -> list[list[str]]:
    """Return the rows with the cells of these columns, by number, padded on their left: for `aligned`."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        [
            cell.rjust(width) if number in columns else cell
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]
