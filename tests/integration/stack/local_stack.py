"""`make local` as a user runs it: a process of its own, its terminal output and what it leaves in its folder."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from integration.watched_logs import WATCHED

FREE_PORTS = ("--port", "0", "--tls-port", "0", "--bedrock-port", "0", "--aws-port", "0", "--lambda-port", "0")
READY = "Ctrl-C stops it."
# Generous: the machine may be busy with other tests.
_PATIENCE = 60.0


class LocalStack:
    """A stack's process. `pieces` is what it has printed so far, each piece with the time of its arrival."""

    def __init__(self, folder: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.pieces: list[tuple[float, str]] = []
        # What the functions have logged. The terminal shows a key on purpose.
        WATCHED.watch("make local", self._logged)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sluice_local", "--folder", str(folder), *arguments],
            env={**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        """All that it has printed."""
        return "".join(text for _, text in self.pieces)

    def wait_for(self, words: str) -> None:
        """Wait until it has printed the words."""
        until = time.monotonic() + _PATIENCE
        while words not in self.output:
            assert self._process.poll() is None, f"it ended instead of saying {words!r}:\n{self.output}"
            assert time.monotonic() < until, f"it did not say {words!r}:\n{self.output}"
            time.sleep(0.02)

    def variables(self) -> dict[str, str]:
        """Read `.local/env` as a shell does."""
        lines = shlex.split((self.folder / "env").read_text())
        return dict(line.split("=", 1) for line in lines)

    def children(self) -> list[int]:
        """Return the processes that it has started and that live."""
        stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
        # The name in parentheses may hold anything; after it come the state and the parent.
        found = (re.fullmatch(r"(\d+) \(.*\) (\S) (\d+) .*", stat.strip(), re.DOTALL) for stat in stats)
        return [int(match[1]) for match in found if match and int(match[3]) == self.pid and match[2] != "Z"]

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        self._process.send_signal(signal.SIGINT)
        return self.ended()

    def kill(self) -> None:
        """Kill the process before it can clean up."""
        self._process.kill()
        self.ended()

    def ended(self) -> int:
        """Wait until it ends, and return its exit code."""
        code = self._process.wait(_PATIENCE)
        self._reader.join()
        return code

    def close(self) -> None:
        """Make sure that nothing is left of it."""
        if self._process.poll() is None:
            self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _logged(self) -> list[str]:
        log = self.folder / "sluice.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := os.read(self._process.stdout.fileno(), 65_536):
            self.pieces.append((time.monotonic(), data.decode()))


@contextmanager
def started(folder: Path, *arguments: str, **variables: str) -> Iterator[LocalStack]:
    """Start a stack with these arguments and variables; it need not come up."""
    stack = LocalStack(folder, arguments, variables)
    try:
        yield stack
    finally:
        stack.close()


@contextmanager
def running(folder: Path, *arguments: str, **variables: str) -> Iterator[LocalStack]:
    """Start a stack on free ports and wait until it is ready."""
    with started(folder, *FREE_PORTS, *arguments, **variables) as stack:
        stack.wait_for(READY)
        yield stack


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that waits to be buried does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
