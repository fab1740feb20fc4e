"""What was used, in columns, CSV and JSON."""

import json
from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice.usage import COUNTS, UsageRow, Used
from sluice_cli.usage_report import GROUPINGS, Report, as_csv, as_json, as_table, grouped

ALICE, BOB = "abcdefghijklmnop", "ponmlkjihgfedcba"
ROLE = "arn:aws:sts::123456789012:assumed-role/agents"
NOVA, CLAUDE = "amazon.nova-lite-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
ROWS = [
    UsageRow(ALICE, "2026-11-28", NOVA, Used(1_000, 2, 0, 0, 1_234_567, 20_000, 300, 40, 1_500_000_001)),
    UsageRow(ALICE, "2026-11-29", CLAUDE, Used(3, 0, 1, 1, 30, 60, 0, 0, 999)),
    UsageRow(BOB, "2026-12-01", "my.model", Used(2, 0, 0, 2, 7, 8, 0, 0, 0)),
    UsageRow(f"{ROLE}/ada", "2026-11-29", NOVA, Used(1, 0, 0, 0, 5, 5, 0, 0, 10)),
    UsageRow(f"{ROLE}/i-0123", "2026-11-29", NOVA, Used(1, 0, 0, 0, 5, 5, 0, 0, 10)),
]


def report(*by, rows=ROWS):
    return Report("2026-11-28", "2026-12-01", by, grouped(rows, by), {ALICE: "alice"})


def test_a_table_adds_up_and_says_what_is_not_certain():
    assert as_table(report("key", rows=ROWS[:3])) == (
        "2026-11-28 through 2026-12-01, UTC\n"
        "\n"
        "KEY               NAME   REQUESTS  FAILED       INPUT   OUTPUT  CACHE READ  CACHE WRITE  COST (USD)\n"
        "abcdefghijklmnop  alice     1,003       2  ~1,234,597  ~20,060        ~300          ~40  ~1.500001+\n"
        "ponmlkjihgfedcba                2       0           7        8           0            0     unknown\n"
        "TOTAL                       1,005       2  ~1,234,604  ~20,068        ~300          ~40  ~1.500001+\n"
        "\n"
        "+ or unknown: what 3 requests cost is not known.\n"
        "~ what 1 request used is estimated: Bedrock did not say."
    )


def test_a_certain_table_has_no_notes():
    assert as_table(report("day", rows=ROWS[:1])).splitlines()[2:] == [
        "DAY         REQUESTS  FAILED      INPUT  OUTPUT  CACHE READ  CACHE WRITE  COST (USD)",
        "2026-11-28     1,000       2  1,234,567  20,000         300           40    1.500001",
        "TOTAL          1,000       2  1,234,567  20,000         300           40    1.500001",
    ]


def test_nothing_used_is_said():
    assert as_table(report("key", rows=[])) == "Nothing was used from 2026-11-28 through 2026-12-01."


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (("key",), [(ALICE,), (f"{ROLE}/ada",), (f"{ROLE}/i-0123",), (BOB,)]),
        (("role",), [(ALICE,), (ROLE,), (BOB,)]),
        (("model",), [(NOVA,), ("my.model",), (CLAUDE,)]),
        (("month",), [("2026-11",), ("2026-12",)]),
        (("day", "role"), [("2026-11-28", ALICE), ("2026-11-29", ALICE), ("2026-11-29", ROLE), ("2026-12-01", BOB)]),
    ],
)
def test_groups_are_sorted_by_what_they_are_grouped_by(by, groups):
    assert list(grouped(ROWS, by)) == groups


counts = st.builds(Used, *[st.integers(0, 10**12)] * len(COUNTS))
rows = st.builds(UsageRow, st.sampled_from([ALICE, BOB]), st.dates().map(str), st.sampled_from([NOVA, CLAUDE]), counts)


@given(st.lists(rows), st.lists(st.sampled_from(list(GROUPINGS)), unique=True, min_size=1))
def test_however_it_is_grouped_the_total_is_the_same(rows, by):
    assert report(*by, rows=rows).total == Used(*(sum(getattr(row.used, name) for row in rows) for name in COUNTS))


def test_csv_has_every_count_and_exact_costs():
    assert as_csv(report("key", "model", rows=ROWS[:3])) == (
        "key,name,model,requests,failed_requests,estimated_requests,unpriced_requests,"
        "input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd\n"
        "abcdefghijklmnop,alice,amazon.nova-lite-v1:0,1000,2,0,0,1234567,20000,300,40,1.500000001\n"
        f"abcdefghijklmnop,alice,{CLAUDE},3,0,1,1,30,60,0,0,0.000000999\n"
        "ponmlkjihgfedcba,,my.model,2,0,0,2,7,8,0,0,unknown"
    )


def test_json_has_the_same_with_the_total():
    value = json.loads(as_json(report("key", "month", rows=ROWS[:3])))
    assert (value["since"], value["until"]) == ("2026-11-28", "2026-12-01")
    first, second = value["rows"]
    assert (first["key"], first["name"], first["month"]) == (ALICE, "alice", "2026-11")
    assert (first["requests"], first["cost_usd"]) == (1_003, 1.500001)
    assert (second["name"], second["cost_usd"], second["unpriced_requests"]) == ("", None, 2)
    assert (value["total"]["requests"], value["total"]["cost_usd"]) == (1_005, 1.500001)


def test_the_smallest_cost_is_never_shown_as_nothing():
    tiny = replace(ROWS[0], used=Used(requests=1, cost_nano_usd=1))
    assert as_table(report("day", rows=[tiny])).endswith("  0.000001")
    free = replace(ROWS[0], used=Used(requests=1))
    assert as_table(report("day", rows=[free])).endswith("  0.000000")
