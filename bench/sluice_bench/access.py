"""What access checks add to a request, by the policy of its key, and what they ask of the access table.

Run it as `make bench-access`. It measures what `sam build` made. All that counts is the difference to a key without a
policy in the same run: the tables are a stand-in that answers after a fixed time (sluice_bench/tables.py), so a call is
told apart from what it takes of DynamoDB itself.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from copy import replace
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sluice.keys import new_key

from sluice_bench.access_cases import CASES, DELTAS, MODEL, NO_POLICY, SLOW_DELTAS, SLOW_MODEL, Case
from sluice_bench.artifacts import Artifacts, NotBuilt, lay_out
from sluice_bench.services import Services, ServicesFailed, running_services
from sluice_bench.tables import LATENCY, TableCalls
from sluice_bench.targets import LoadFailed, Target, gateway_target
from sluice_bench.wires import OPENAI

_BUDGET_MS = 2.0
_INVENTED = "an invented key"
# An environment takes the next request when it has written down the last one.
_PAUSE = 0.05
_PATIENCE = 5.0
_NONE = TableCalls(0, 0)
_HEADINGS = ("policy of the key", "first token", "end", "reads", "writes", "first request of all", "reads", "writes")


@dataclass(slots=True)
class Times:
    """One case's figures as they come, in seconds; calls are of `requests` requests together.

    `cold` is the function's own time to the first byte of an environment's first request.
    """

    first_token: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    requests: int = 0
    calls: TableCalls = _NONE
    cold_calls: TableCalls = _NONE


@dataclass(frozen=True, slots=True)
class Added:
    """What a case adds to a key without a policy, in milliseconds, and its calls of the table for each request."""

    name: str
    first_token_ms: float
    whole_ms: float
    reads: float
    writes: float
    cold_ms: float
    cold_reads: int
    cold_writes: int

    def cells(self) -> tuple[str, ...]:
        """Return the case as the table shows it."""
        return (
            self.name,
            *(f"{added:+.1f} ms" for added in (self.first_token_ms, self.whole_ms)),
            *(f"{calls:.2f}" for calls in (self.reads, self.writes)),
            f"{self.cold_ms:+.1f} ms",
            str(self.cold_reads),
            str(self.cold_writes),
        )


@dataclass(frozen=True, slots=True)
class AccessChecks:
    """The gateway as built, and what it calls. `rounds` is how often the cases take turns, `streams` of each turn."""

    artifacts: Artifacts
    services: Services
    rounds: int
    streams: int

    def measured(self) -> list[Added]:
        """Measure all cases, warm and cold."""
        times = {case.name: Times() for case in CASES}
        with gateway_target(self.artifacts, self.services) as gateway:
            for _ in range(self.rounds):
                for case in CASES:
                    self._warm(self._as(gateway, case), times[case.name])
        for _ in range(self.rounds):
            for case in CASES:
                self._cold(case, times[case.name])
        return [added(case.name, times[case.name], times[NO_POLICY.name]) for case in CASES]

    def refusal(self) -> tuple[float, TableCalls]:
        """Return how long a warm environment takes for an invented key, in milliseconds, and its calls of the table."""
        with gateway_target(self.artifacts, self.services) as gateway:
            gateway.measure(OPENAI.name, MODEL, DELTAS, streams=1)
            before = self.services.table_calls()
            number = self.rounds * self.streams
            for _ in range(number):
                _refused(gateway)
            lines = _lines(gateway, 1 + number, lambda line: line.get("message") == "request")
            times = [line["first_byte_ms"] for line in lines if line["status"] == 401]
            return statistics.median(times), self.services.table_calls() - before

    def _as(self, gateway: Target, case: Case) -> Target:
        return replace(gateway, opener=self.services.keys[case.name])

    def _warm(self, gateway: Target, times: Times) -> None:
        # The first reads the key, if it is not remembered any more.
        gateway.measure(OPENAI.name, MODEL, DELTAS, streams=2, pause=_PAUSE)
        before = self.services.table_calls()
        result = gateway.measure(OPENAI.name, MODEL, DELTAS, streams=self.streams, pause=_PAUSE).result
        times.first_token += result.first_token
        times.whole += result.whole
        times.requests += self.streams
        times.calls += self.services.table_calls() - before

    def _cold(self, case: Case, times: Times) -> None:
        before = self.services.table_calls()
        with gateway_target(self.artifacts, self.services) as gateway:
            self._as(gateway, case).measure(OPENAI.name, SLOW_MODEL, SLOW_DELTAS, streams=1)
            [line] = _lines(gateway, 1, lambda line: line.get("message") == "request")
        times.cold.append(line["first_byte_ms"] / 1000)
        times.cold_calls = self.services.table_calls() - before


def added(name: str, times: Times, without: Times) -> Added:
    """Return what a case adds to another one, by the medians."""

    def more(of: Callable[[Times], list[float]]) -> float:
        return (statistics.median(of(times)) - statistics.median(of(without))) * 1000

    return Added(
        name=name,
        first_token_ms=more(lambda times: times.first_token),
        whole_ms=more(lambda times: times.whole),
        reads=times.calls.reads / times.requests,
        writes=times.calls.writes / times.requests,
        cold_ms=more(lambda times: times.cold),
        cold_reads=times.cold_calls.reads,
        cold_writes=times.cold_calls.writes,
    )


def table(rows: Sequence[Added]) -> str:
    """Return the figures as a table of Markdown."""
    lines = [_HEADINGS, ("---", *("--:" for _ in _HEADINGS[1:])), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _refused(gateway: Target) -> None:
    """Ask with a key as whoever does not know the deployment's secret would invent it."""
    text, _ = new_key(os.urandom(32))
    headers = {"authorization": f"Bearer {text}", "content-type": "application/json"}
    with closing(HTTPConnection(urlsplit(gateway.url).netloc, timeout=_PATIENCE)) as connection:
        connection.request("POST", OPENAI.path(MODEL), OPENAI.payload(MODEL), headers)
        answer = connection.getresponse()
        answer.read()
    if answer.status != 401:
        raise LoadFailed(f"{_INVENTED} was answered with {answer.status}")


def _lines(gateway: Target, number: int, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Return the lines of the function's log that are wanted, once there are so many: they follow their answers."""
    assert gateway.function is not None
    until = time.monotonic() + _PATIENCE
    while True:
        found = [entry for line in gateway.function.logs if line.startswith("{") and wanted(entry := json.loads(line))]
        if len(found) >= number:
            return found
        if time.monotonic() > until:
            raise LoadFailed(f"{len(found)} requests were logged instead of {number}")
        time.sleep(0.01)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where something did not run, or with --check where the budget does not hold."""
    parser = argparse.ArgumentParser(prog="make bench-access ARGS='…'", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--check", action="store_true", help="fail where the budget does not hold")
    options = parser.parse_args(arguments)
    try:
        holds = _print_figures(rounds=2 if options.quick else 9, streams=10)
    except (NotBuilt, LoadFailed, ServicesFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 1 if options.check and not holds else 0


def _print_figures(rounds: int, streams: int) -> bool:
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        artifacts = lay_out("arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64", folder)
        checks = AccessChecks(artifacts, parts.enter_context(running_services(with_cases=True)), rounds, streams)
        rows = checks.measured()
        milliseconds, calls = checks.refusal()
    print(f"added to a key without a policy; a call of the tables takes {LATENCY * 1000:.0f} ms here\n")
    print(table(rows))
    print(
        f"\n{_INVENTED}: refused after {milliseconds:.1f} ms of the function's own; "
        f"{calls.reads} reads, {calls.writes} writes"
    )
    return all(row.first_token_ms <= _BUDGET_MS for row in rows if "within" in row.name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
