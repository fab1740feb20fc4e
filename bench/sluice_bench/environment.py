"""What one environment of the gateway takes: disk, time to start, memory, reads of the tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from sluice_bench.artifacts import Artifacts
from sluice_bench.budgets import Figure, ratio
from sluice_bench.cold_start import floor_start, gateway_start
from sluice_bench.processes import peak_megabytes
from sluice_bench.services import Services
from sluice_bench.tables import TableCalls
from sluice_bench.targets import Target, gateway_environ
from sluice_bench.wires import WIRES

_SHORT, _LONG, _VERY_LONG = 200, 5_000, 50_000


@dataclass(frozen=True, slots=True)
class Environment:
    """The gateway as built, one environment of it, and what it calls. `starts` is how many cold starts are timed."""

    artifacts: Artifacts
    services: Services
    gateway: Target
    starts: int

    def figures(self) -> Iterator[Figure]:
        """Measure one after the other."""
        yield Figure("size, unzipped", self.artifacts.megabytes, 15, "MB", "the gateway and its layers")
        yield self.cold_start()
        yield from self.memory()
        yield self.table_reads()

    def cold_start(self) -> Figure:
        """Process start to the first `GET /next`."""
        environ = gateway_environ(self.services)
        pairs = [
            (gateway_start(self.artifacts, environ) * 1000, floor_start(self.artifacts) * 1000)
            for _ in range(self.starts)
        ]
        return ratio("cold start", 1.5, pairs, "ms")

    def memory(self) -> Iterator[Figure]:
        """The peak of one environment after long streams, and how much more it is after very long ones."""
        short, peak, very_long = (self._peak_after(deltas) for deltas in (_SHORT, _LONG, _VERY_LONG))
        detail = f"VmHWM of one environment; {short:.1f} MB after {_SHORT} deltas"
        yield Figure(f"memory after {_LONG:,} deltas", peak, 60, "MB", detail)
        yield Figure(f"memory, more after {_VERY_LONG:,}", very_long - peak, 1, "MB", f"{very_long:.1f} MB")

    def table_reads(self) -> Figure:
        """Reads of DynamoDB within warm requests; what they write, they write when their answer is over."""
        self._stream(_SHORT)
        calls = self._calls_of_stream()
        if calls.reads:
            # A key is asked for every half minute and the catalog every minute, and that may have been now.
            calls = self._calls_of_stream()
        detail = f"{2 * len(WIRES)} requests; {calls.writes} writes after their answers"
        return Figure("table reads of warm requests", calls.reads, 0, "", detail)

    def _calls_of_stream(self) -> TableCalls:
        before = self.services.table_calls()
        self._stream(_SHORT)
        return self.services.table_calls() - before

    def _peak_after(self, deltas: int) -> float:
        self._stream(deltas)
        return max(peak_megabytes(pid) for pid in self.gateway.pids())

    def _stream(self, deltas: int) -> None:
        for wire in WIRES:
            self.gateway.measure(wire, f"emulator.burst-{deltas}", deltas, streams=2)
