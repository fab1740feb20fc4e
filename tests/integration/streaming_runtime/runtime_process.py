"""The streaming runtime as Lambda runs it: a process of its own that takes its invocations from a Runtime API."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TASK_ROOT = Path(__file__).parent / "task"
PATIENCE = 10.0  # seconds; longer than anything here takes

# What Lambda sets, as far as the runtime or awslambdaric read it.
LAMBDA_ENVIRONMENT = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "LAMBDA_TASK_ROOT": str(TASK_ROOT),
    "_HANDLER": "app.handler",
    "PATH": os.environ["PATH"],
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it wrote. Log entries are lines; awslambdaric parts their lines by CR."""

    code: int
    output: str

    @property
    def entries(self) -> list[str]:
        return [line for line in self.output.split("\n") if line]


class RuntimeProcess:
    """A runtime's process, until the test ends it or it ends by itself."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> None:
        self._closes = folder / "closes"
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                env={**LAMBDA_ENVIRONMENT, "CLOSES": str(self._closes), **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def closes(self) -> int:
        """How many bodies were closed."""
        return len(self._closes.read_text().splitlines()) if self._closes.exists() else 0

    def output(self) -> str:
        return self._output.read_bytes().decode()

    def peak_memory(self) -> int:
        """The most bytes of memory the process has had so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert match
        return int(match[1]) * 1024

    def ended(self) -> Ended:
        """Wait until the process has ended by itself."""
        return Ended(self._process.wait(PATIENCE), self.output())

    def terminate(self) -> Ended:
        self._process.terminate()
        return self.ended()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def module_command() -> list[str]:
    """The runtime of this checkout."""
    return [sys.executable, "-m", "streaming_runtime"]
