"""AWS's runtime interface emulator, as the SAM CLI brings it."""

import os
import platform
import signal
import subprocess
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

_ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
_SAM = Path(__file__).parents[2] / ".venv-sam/lib/python3.13/site-packages/samcli"
BINARY = _SAM / "local/rapid" / f"aws-lambda-rie-{_ARCHITECTURE}"


def end(emulator: subprocess.Popen[bytes]) -> None:
    """Kill it with all that it has started: the functions' processes, in groups of their own, would live on."""
    started = _descendants(emulator.pid)
    emulator.kill()
    emulator.wait()
    for pid in started:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            # The name in parentheses may hold anything; after it come the state and the parent.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children[parent].append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found.extend(children[one])
    return found[1:]
