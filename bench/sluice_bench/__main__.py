"""`make bench`: the gateway as `sam build` made it against its floor and a direct connection, in one run.

Everything is a ratio or a difference within the run: the targets take turns, and the median of the turns counts.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from sluice_bench.artifacts import Artifacts, NotBuilt, lay_out
from sluice_bench.budgets import Figure, table
from sluice_bench.cold_start import floor_start, gateway_start
from sluice_bench.processes import peak_megabytes
from sluice_bench.services import Services, running_services
from sluice_bench.targets import (
    LoadFailed,
    Measured,
    Target,
    direct_target,
    floor_target,
    gateway_environ,
    gateway_target,
)

_CPU_BUDGETS = {"native": 1.15, "openai": 1.25}
_CLIENTS = 50


@dataclass(frozen=True, slots=True)
class Bench:
    """One run's parts. `rounds` is how often the targets take turns."""

    services: Services
    artifacts: Artifacts
    direct: Target
    floor: Target
    gateway: Target
    rounds: int

    def figures(self) -> Iterator[Figure]:
        """Measure one after the other."""
        yield self.size()
        yield self.cold_start()
        yield from self.memory()
        yield self.table_reads()
        for wire in _CPU_BUDGETS:
            yield self.cpu_at_full_speed(wire)
        for wire in _CPU_BUDGETS:
            yield self.cpu_at_a_models_pace(wire)
        yield self.added_to_first_token()
        yield self.first_token_of_many()

    def size(self) -> Figure:
        """Unzipped, the gateway and its layers."""
        return Figure("size, unzipped", self.artifacts.megabytes, 15, "MB", "the gateway and its three layers")

    def cold_start(self) -> Figure:
        """Process start to the first `GET /next`."""
        environ = gateway_environ(self.services)
        pairs = [
            (gateway_start(self.artifacts, environ), floor_start(self.artifacts)) for _ in range(self.rounds * 2 + 1)
        ]
        ours, floors = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
        return Figure("cold start", ours / floors, 1.5, "x", f"{ours:.0f} ms, floor {floors:.0f} ms")

    def memory(self) -> Iterator[Figure]:
        """The peak of one environment after a long stream, and how much more that is than after a short one."""
        self.gateway.measure("openai", "emulator.burst-200", 200, streams=5)
        [pid] = self.gateway.pids()
        short = peak_megabytes(pid)
        self.gateway.measure("openai", "emulator.burst-5000", 5000, streams=3)
        peak = peak_megabytes(pid)
        yield Figure("memory after 5,000 deltas", peak, 60, "MB", "VmHWM of one environment")
        yield Figure("memory, more than after 200", peak - short, 5, "MB", f"{short:.1f} MB after 200 deltas")

    def table_reads(self) -> Figure:
        """Requests to DynamoDB within warm requests."""
        self.gateway.measure("openai", "emulator.burst-200", 200, streams=1)
        self.services.start_counting()
        self.gateway.measure("openai", "emulator.burst-200", 200, streams=5)
        self.gateway.measure("native", "emulator.burst-200", 200, streams=5)
        return Figure("table reads, warm", self.services.counted(), 0, "", "of 10 requests")

    def cpu_at_full_speed(self, wire: str) -> Figure:
        """CPU per delta of streams that come at once."""
        return self._cpu(wire, "emulator.burst-200", 200, streams=40, budget=_CPU_BUDGETS[wire], pace="at full speed")

    def cpu_at_a_models_pace(self, wire: str) -> Figure:
        """CPU per delta of a hundred deltas a second."""
        return self._cpu(wire, "emulator.paced-100", 100, streams=3, budget=1.2, pace="at 100 a second")

    def added_to_first_token(self) -> Figure:
        """What one client waits more than without a proxy."""
        added = []
        for _ in range(self.rounds):
            ours, direct = (
                statistics.median(target.measure("native", "emulator.paced-20", 20, streams=5).result.first_token)
                for target in (self.gateway, self.direct)
            )
            added.append((ours - direct) * 1000)
        detail = "1 client, native, paced, key checked; the emulated function URL included"
        return Figure("added to the first token", statistics.median(added), 2, "ms", detail)

    def first_token_of_many(self) -> Figure:
        """Time to the first token of many at once, each in an environment of its own."""
        pairs = [self._many(self.gateway) / self._many(self.floor) for _ in range(self.rounds)]
        return Figure("first token, 50 clients", statistics.median(pairs), 1.3, "x floor", "openai, at full speed")

    def _many(self, target: Target) -> float:
        result = target.measure("openai", "emulator.burst-200", 200, streams=_CLIENTS * 2, clients=_CLIENTS).result
        return statistics.median(result.first_token)

    def _cpu(self, wire: str, model: str, deltas: int, *, streams: int, budget: float, pace: str) -> Figure:
        def once(target: Target) -> Measured:
            return target.measure(wire, model, deltas, streams=streams)

        pairs = [(once(self.gateway).cpu_per_delta, once(self.floor).cpu_per_delta) for _ in range(self.rounds)]
        ours, floors = (statistics.median(values) for values in zip(*pairs, strict=True))
        ratio = statistics.median(ours / floor for ours, floor in pairs)
        detail = f"{ours:.1f} us, floor {floors:.1f} us, {pace}"
        return Figure(f"CPU per delta, {wire}, {pace}", ratio, budget, "x floor", detail)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where something did not run, or with --check where a budget does not hold."""
    parser = argparse.ArgumentParser(prog="make bench ARGS='…'", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two rounds instead of five")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a budget does not hold")
    options = parser.parse_args(arguments)
    architecture = "arm64" if os.uname().machine in ("aarch64", "arm64") else "x86_64"
    try:
        figures = _measure(architecture, 2 if options.quick else 5)
    except (NotBuilt, LoadFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps([asdict(figure) for figure in figures], indent=2) if options.json else table(figures))
    return 1 if options.check and not all(figure.holds for figure in figures) else 0


def _measure(architecture: str, rounds: int) -> list[Figure]:
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        artifacts = lay_out(architecture, folder)
        services = parts.enter_context(running_services(folder))
        floor = parts.enter_context(floor_target(services))
        gateway = parts.enter_context(gateway_target(artifacts, services))
        bench = Bench(services, artifacts, direct_target(services), floor, gateway, rounds)
        for target in (floor, gateway):
            for wire in _CPU_BUDGETS:
                target.measure(wire, "emulator.burst-200", 200, streams=3)
        return list(bench.figures())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
