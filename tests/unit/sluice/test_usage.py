import pytest
from sluice.access_items import usage_key
from sluice.usage import COUNTS, UsageRow, Used, total, usage_from_item

EVERY_COUNT = Used(*range(1, len(COUNTS) + 1))


def test_a_row_is_read_with_what_it_counts():
    numbers = {name: {"N": str(number)} for number, name in enumerate(COUNTS, 1)}
    item = usage_key("abcdefghijklmnop", "2026-11-29", "arn:a#b") | numbers | {"expires_at": {"N": "1"}}
    assert usage_from_item(item) == UsageRow("abcdefghijklmnop", "2026-11-29", "arn:a#b", EVERY_COUNT)


def test_what_a_row_does_not_count_is_none():
    assert usage_from_item(usage_key("a", "2026-11-29", "m")).used == Used()


def test_two_together_are_the_sums_of_each_count():
    assert Used(*(2 * number for number in range(1, len(COUNTS) + 1))) == total((EVERY_COUNT, EVERY_COUNT))


def test_of_nothing_the_total_is_nothing():
    assert total(()) == Used()


@pytest.mark.parametrize(
    ("used", "known"),
    [
        (Used(), 0),
        (Used(requests=1), 0),
        (Used(requests=2, unpriced_requests=1, cost_nano_usd=5), 5),
        (Used(requests=1, unpriced_requests=1), None),
        (Used(requests=2, unpriced_requests=1), None),
    ],
)
def test_an_unknown_cost_is_never_nothing(used, known):
    assert used.known_cost_nano_usd == known
