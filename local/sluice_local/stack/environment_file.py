"""`.local/env`: where the running stack is, for shells, tests and `sluice --local`."""

import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def environment_file(folder: Path, variables: Mapping[str, str]) -> Iterator[Path]:
    """Write the variables as `NAME=value` lines, readable by their owner only (a key is among them), and remove them
    when the block ends."""
    path = folder / "env"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
