"""`make bench`: the gateway as `sam build` made it against its floor and a direct connection, in one run.

Everything is a ratio or a difference within the run: the targets take turns, and the median of the turns counts.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from sluice_bench.artifacts import NotBuilt, lay_out
from sluice_bench.budgets import Figure, table
from sluice_bench.cold_start import NeverStarted
from sluice_bench.environment import Environment
from sluice_bench.services import ServicesFailed, running_services
from sluice_bench.streaming import Effort, Streaming
from sluice_bench.targets import LoadFailed, direct_target, floor_target, gateway_target

_FULL = Effort(rounds=9, streams=100, crowd=50)
_QUICK = Effort(rounds=2, streams=30, crowd=10)
_STARTS_PER_ROUND = 3


def main(arguments: Sequence[str]) -> int:
    """Measure and print; 1 where something did not run, or with --check where a budget does not hold."""
    options = _parser().parse_args(arguments)
    try:
        figures = list(_measured(_QUICK if options.quick else _FULL))
    except (NotBuilt, LoadFailed, NeverStarted, ServicesFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"machine": _machine(), "figures": [asdict(figure) for figure in figures]}, indent=2))
    else:
        print(f"{_machine()}\n\n{table(figures)}")
    return 1 if options.check and not all(figure.holds for figure in figures) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench ARGS='…'", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute's worth: fewer turns, 10 clients for 50")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a budget does not hold")
    return parser


def _measured(effort: Effort) -> Iterator[Figure]:
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory()))
        artifacts = lay_out("arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64", folder)
        services = parts.enter_context(running_services())
        floor = parts.enter_context(floor_target(services))
        gateway = parts.enter_context(gateway_target(artifacts, services))
        streaming = Streaming(direct_target(services), floor, gateway, effort, (os.getpid(), *services.pids))
        streaming.warm_up()
        yield from Environment(artifacts, services, gateway, effort.rounds * _STARTS_PER_ROUND).figures()
        yield from streaming.figures()


def _machine() -> str:
    load = " ".join(f"{load:.1f}" for load in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load average {load}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
