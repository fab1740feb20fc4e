"""The functions' log lines: all into a file, and the requests as one readable line each on the terminal."""

import json
import sys
from pathlib import Path
from typing import Any, TextIO


class StackLog:
    """Takes lines as the Lambda emulator gives them: the function's name and what it printed."""

    def __init__(self, path: Path, terminal: TextIO = sys.stdout) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._terminal = terminal
        self.quiet = False

    def __call__(self, function_name: str, line: str) -> None:
        """Write a line."""
        self._file.write(f"[{function_name}] {line}\n")
        if not self.quiet and (shown := readable(function_name, line)):
            print(shown, file=self._terminal, flush=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def readable(function_name: str, line: str) -> str:
    """Return what a person wants to see of a line; empty: nothing."""
    entry = _structured(line)
    if entry is None:
        return "" if line.startswith(("START ", "END ", "REPORT ", "INIT_START ")) else f"[{function_name}] {line}"
    if entry.get("message") == "request":
        return _request(entry)
    return "" if entry.get("level") in ("DEBUG", "INFO") else f"[{function_name}] {line}"


def _structured(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) else None


def _request(entry: dict[str, Any]) -> str:
    parts = [
        f"{entry.get('status', '-')}",
        f"{entry.get('route') or entry.get('method', '')}",
        f"{entry.get('model', '')}",
        f"{entry['input_tokens']} in, {entry['output_tokens']} out" if "output_tokens" in entry else "",
        f"first byte {entry['first_byte_ms']:.0f} ms" if "first_byte_ms" in entry else "",
        f"{entry.get('duration_ms', 0):.0f} ms",
        f"{entry.get('outcome')}" if entry.get("outcome") != "ok" else "",
    ]
    return "  ".join(part for part in parts if part)
