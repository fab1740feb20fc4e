"""`docs/catalog.md`: what a catalog costs."""

import pytest
from docs.pages import page
from sluice_bench.catalog import cost_of

FIGURES = page("docs/catalog.md").table("What it costs")


@pytest.mark.parametrize("row", FIGURES[:2], ids=lambda row: row[0])
def test_the_units_of_a_catalog_are_those_that_it_costs(row: list[str]) -> None:
    cost = cost_of(int(row[0].replace(",", "")))
    told = [int(row[number]) for number in (3, 4, 6, 7)]
    assert told == [cost.refresh_write_units, cost.refresh_read_units, cost.cold_read_units, cost.warm_read_units]


def test_the_figures_are_those_of_three_sizes() -> None:
    assert [row[0] for row in FIGURES] == ["100", "1,000", "10,000"]
