"""The bench's parts, with tiny numbers: a figure is worth something only if every stream behind it was whole."""

from collections.abc import Iterator

import pytest
from sluice_bench.budgets import Figure, table
from sluice_bench.services import Services, running_services
from sluice_bench.targets import LoadFailed, Target, direct_target, floor_target


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with running_services(tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture(scope="module")
def floor(services: Services) -> Iterator[Target]:
    with floor_target(services) as target:
        yield target


@pytest.mark.parametrize("wire", ["native", "openai"])
def test_the_floor_streams_whole_answers_and_its_cpu_is_counted(floor: Target, wire: str) -> None:
    floor.measure(wire, "emulator.burst-200", 200, streams=4, clients=2)  # its environments start
    measured = floor.measure(wire, "emulator.burst-200", 200, streams=4, clients=2)
    assert (measured.result.streams, measured.result.deltas) == (4, 800)
    assert len(measured.result.first_token) == 4
    assert measured.cpu_per_delta > 0


def test_a_direct_connection_costs_no_cpu_of_a_proxy(services: Services) -> None:
    measured = direct_target(services).measure("native", "emulator.burst-200", 200, streams=2)
    assert measured.cpu == 0


@pytest.mark.parametrize("model", ["emulator.throttled", "emulator.cut-midframe", "emulator.no-message-stop"])
def test_a_stream_that_is_not_whole_fails_the_run(services: Services, model: str) -> None:
    with pytest.raises(LoadFailed):
        direct_target(services).measure("native", model, 200, streams=1)


def test_a_stream_with_fewer_deltas_than_asked_for_fails_the_run(floor: Target) -> None:
    with pytest.raises(LoadFailed, match="200 deltas instead of 201"):
        floor.measure("native", "emulator.burst-200", 201, streams=1)


def test_the_table_says_which_budget_is_over() -> None:
    text = table([Figure("a", 1.0, 1.5, "x", "of b"), Figure("c", 2.0, 1.5, "x", "of d")])
    assert [line.split()[-3:] for line in text.splitlines()[1:]] == [["holds", "of", "b"], ["OVER", "of", "d"]]
