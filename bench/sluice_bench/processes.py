"""What the kernel knows of a process: its CPU time and its memory."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PROC = Path("/proc")


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time, user and system, that these processes have used so far, all their threads together.

    From `schedstat`, which counts nanoseconds; `stat` counts in ticks of 10 ms.
    """
    return sum(_task_nanoseconds(task) for pid in pids for task in (_PROC / str(pid) / "task").iterdir()) / 1e9


def peak_megabytes(pid: int) -> float:
    """Return the most memory that a process has had resident so far (VmHWM)."""
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)


def wait_until_idle(pids: Iterable[int], patience: float = 2.0) -> None:
    """Wait until these processes use no CPU any more: what follows an answer belongs to it."""
    known = list(pids)
    until = time.monotonic() + patience
    before, now = -1.0, cpu_seconds(known)
    while before != now and time.monotonic() < until:
        time.sleep(0.01)
        before, now = now, cpu_seconds(known)


@contextmanager
def kept_apart(environments: Sequence[int], others: Sequence[int]) -> Iterator[None]:
    """Give the processes of `environments` a CPU that the `others` keep off, while the block runs.

    Where the scheduler puts a process decides how much a wake-up costs it, by more than what is measured differs. On a
    machine with one CPU nothing changes.
    """
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) > 1:
        _pin(environments, cpus[-1:])
        _pin(others, cpus[:-1])
    try:
        yield
    finally:
        _pin((*environments, *others), cpus)


def _pin(pids: Iterable[int], cpus: Sequence[int]) -> None:
    for pid in pids:
        for task in (_PROC / str(pid) / "task").iterdir():
            os.sched_setaffinity(int(task.name), cpus)


def _task_nanoseconds(task: Path) -> int:
    return int((task / "schedstat").read_text().split()[0])
