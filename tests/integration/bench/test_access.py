"""`make bench-access`, with tiny numbers: the calls that it counts are the checks' own."""

import platform
from pathlib import Path

import pytest
from sluice_bench.access import AccessChecks, Times, added, table
from sluice_bench.access_cases import CASES
from sluice_bench.artifacts import lay_out
from sluice_bench.services import running_services
from sluice_bench.tables import TableCalls

ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
# Of each request, when nothing has to be looked up: what it used is written down after it.
WRITES = {
    "no policy": 1,
    "requests a minute, a lease each": 2,
    "requests at the same time": 3,
    "budget, within the lease": 2,
    "budget, a lease each": 3,
}


@pytest.mark.sam
def test_each_policy_makes_the_calls_that_the_docs_tell(tmp_path: Path) -> None:
    with running_services(with_cases=True) as services:
        checks = AccessChecks(lay_out(ARCHITECTURE, tmp_path), services, rounds=1, streams=4)
        rows = {row.name: row for row in checks.measured()}
        _, calls = checks.refusal()
    assert rows.keys() == {case.name for case in CASES}
    assert {name: rows[name].writes for name in WRITES} == WRITES
    # Its leases grow with its use, so most requests need none.
    assert 1 <= rows["requests a minute, within the slice"].writes < 2
    assert {row.reads for row in rows.values()} == {0}
    # The key's row with what belongs to the deployment, the catalog's pointer, its rows.
    assert {row.cold_reads for row in rows.values()} == {3}
    assert calls == TableCalls(0, 0)


def test_what_is_added_is_the_difference_of_the_medians() -> None:
    without = Times([0.010, 0.012, 0.9], [0.020] * 3, [0.050], 3, TableCalls(0, 3), TableCalls(3, 1))
    times = Times([0.015, 0.014, 0.8], [0.024] * 3, [0.080], 3, TableCalls(0, 6), TableCalls(3, 2))
    row = added("a policy", times, without)
    assert row.cells() == ("a policy", "+3.0 ms", "+4.0 ms", "0.00", "2.00", "+30.0 ms", "3", "2")
    assert table([row]).splitlines()[-1] == "| a policy | +3.0 ms | +4.0 ms | 0.00 | 2.00 | +30.0 ms | 3 | 2 |"
