"""What streams cost: CPU for each delta, and the time to the first token."""

import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sluice_bench.budgets import Figure, ratio
from sluice_bench.processes import kept_apart
from sluice_bench.targets import Measured, Target
from sluice_bench.wires import WIRES

_FULL_SPEED_BUDGETS = {"native": 1.15, "openai": 1.25, "anthropic": 1.25}
_PACED_BUDGET = 1.2
_ADDED_BUDGET = 2.0
_CROWD_BUDGET = 1.3
# A hundred deltas a second, the first of them after 200 ms.
_PACED_DELTAS = 200
_SIDE_BY_SIDE = 2


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: how often the targets take turns, streams of each turn, clients that come at once."""

    rounds: int
    streams: int
    crowd: int


@dataclass(frozen=True, slots=True)
class Streaming:
    """The three targets, how hard to try, and the processes that take part without being measured."""

    direct: Target
    floor: Target
    gateway: Target
    effort: Effort
    others: tuple[int, ...]

    def warm_up(self) -> None:
        """Have both functions start what environments are needed, and do everything once."""
        for target in (self.floor, self.gateway):
            for wire in WIRES:
                target.measure(wire, "emulator.paced-20", 20, streams=_SIDE_BY_SIDE, clients=_SIDE_BY_SIDE)
                target.measure(wire, "emulator.burst-200", 200, streams=10)

    def figures(self) -> Iterator[Figure]:
        """Measure one after the other."""
        with kept_apart([*self.gateway.pids(), *self.floor.pids()], self.others):
            for wire, budget in _FULL_SPEED_BUDGETS.items():
                yield self.cpu_at_full_speed(wire, budget)
            for wire in WIRES:
                yield self.cpu_of_long_streams(wire)
            for wire in WIRES:
                yield self.cpu_at_a_models_pace(wire)
        yield from self.added_to_first_token()
        for wire in WIRES:
            yield self.first_token_of_many(wire)

    def cpu_at_full_speed(self, wire: str, budget: float) -> Figure:
        """CPU for each delta of streams whose 200 deltas come at once."""
        return self._cpu(f"CPU per delta, {wire}, 200 at once", budget, wire, 200, self.effort.streams)

    def cpu_of_long_streams(self, wire: str) -> Figure:
        """The same for 5,000 deltas, where the request itself weighs next to nothing."""
        return self._cpu(f"CPU per delta, {wire}, 5,000 at once", None, wire, 5_000, self.effort.streams // 10)

    def cpu_at_a_models_pace(self, wire: str) -> Figure:
        """CPU for each of a hundred deltas a second, which is mostly that of waking up.

        Gateway and floor stream side by side: how much a wake-up costs depends on what else the machine does. It varies
        so much all the same that twice the rounds are needed.
        """

        def stream(target: Target) -> float:
            model, streams = f"emulator.paced-{_PACED_DELTAS}", _SIDE_BY_SIDE
            return target.measure(wire, model, _PACED_DELTAS, streams=streams, clients=streams).cpu_per_delta

        def both() -> tuple[float, float]:
            ours, floors = side_by_side.map(stream, (self.gateway, self.floor))
            return ours, floors

        with ThreadPoolExecutor(2) as side_by_side:
            pairs = [both() for _ in range(2 * self.effort.rounds)]
        return ratio(f"CPU per delta, {wire}, 100 a second", _PACED_BUDGET, pairs, "us")

    def added_to_first_token(self) -> Iterator[Figure]:
        """What one client waits longer than it would without a proxy, its key's check included."""
        direct: list[float] = []
        ours: dict[str, list[float]] = {wire: [] for wire in WIRES}
        floors: dict[str, list[float]] = {wire: [] for wire in WIRES}
        for _ in range(self.effort.rounds):
            direct += self._first_tokens(self.direct, "native")
            for wire in WIRES:
                floors[wire] += self._first_tokens(self.floor, wire)
                ours[wire] += self._first_tokens(self.gateway, wire)
        for wire in WIRES:
            added, of_floor = (
                (statistics.median(times) - statistics.median(direct)) * 1000 for times in (ours[wire], floors[wire])
            )
            detail = f"1 client, the emulated Lambda included; floor {of_floor:.2f} ms"
            yield Figure(f"added to the first token, {wire}", added, _ADDED_BUDGET, "ms", detail)

    def first_token_of_many(self, wire: str) -> Figure:
        """Time to the first token of many at once, each in an environment of its own."""
        crowd = self.effort.crowd
        for target in (self.gateway, self.floor):
            target.measure(wire, "emulator.paced-20", 20, streams=crowd, clients=crowd)
        pairs = [(self._many(self.gateway, wire), self._many(self.floor, wire)) for _ in range(self.effort.rounds)]
        return ratio(f"first token of {crowd} clients, {wire}", _CROWD_BUDGET, pairs, "ms")

    def _first_tokens(self, target: Target, wire: str) -> list[float]:
        return target.measure(wire, "emulator.paced-1", 1, streams=max(4, self.effort.rounds)).result.first_token

    def _many(self, target: Target, wire: str) -> float:
        crowd = self.effort.crowd
        result = target.measure(wire, "emulator.burst-200", 200, streams=crowd * 4, clients=crowd).result
        return statistics.median(result.first_token) * 1000

    def _cpu(self, name: str, budget: float | None, wire: str, deltas: int, streams: int) -> Figure:
        def once(target: Target) -> Measured:
            return target.measure(wire, f"emulator.burst-{deltas}", deltas, streams=streams)

        pairs = [(once(self.gateway).cpu_per_delta, once(self.floor).cpu_per_delta) for _ in range(self.effort.rounds)]
        return ratio(name, budget, pairs, "us")
