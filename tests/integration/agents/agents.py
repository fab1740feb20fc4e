"""Coding agents' command lines as their users run them without a terminal, each with a home of its own."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_PACKAGES = Path(__file__).parent / "node_modules"
_PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What an agent printed: `events` are its lines of JSON."""

    code: int
    output: str
    errors: str

    @property
    def events(self) -> list[Any]:
        return [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]


class Agent:
    """An agent in a folder of its own. `runs_with` is the interpreter of one that is no program by itself."""

    def __init__(
        self, folder: Path, package: str, name: str, environment: dict[str, str], runs_with: Path | None = None
    ) -> None:
        self.home, self.work = folder / "home", folder / "work"
        for made in (self.home, self.work):
            made.mkdir(parents=True, exist_ok=True)
        self._command = [*([runs_with] if runs_with else []), _program(package, name)]
        self._environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "NO_COLOR": "1", **environment}

    def run(self, *arguments: str) -> Turn:
        """Run it to its end."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.work,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        return Turn(done.returncode, done.stdout, done.stderr)


def _program(package: str, name: str) -> Path:
    """Return the program that npm got, for this machine where there is one for each."""
    native, script = _PACKAGES.glob(f"{package}-*/**/{name}"), _PACKAGES / package / name
    found = [path for path in (*native, script) if path.is_file()]
    if not found:
        pytest.skip("the coding agents are not installed: run `make agents`")
    return found[0]
