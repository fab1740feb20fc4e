"""One stack to a folder: a second start is told where the first one is."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sluice_local.stack.errors import StackError


@contextmanager
def only_instance(folder: Path) -> Iterator[None]:
    """Hold the folder's lock until the block ends. The kernel lets go of it however the process dies.

    Raises:
        StackError: another stack holds it, or it is no folder that this user can write to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch()
    except OSError as error:
        raise StackError(
            f"The folder {folder} cannot be used ({error.strerror}). Choose another: make local ARGS='--folder FOLDER'."
        ) from error
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise StackError(
                f"Sluice already runs from this folder (process {pid}). Use it as {folder / 'env'} says, or stop it "
                f"with Ctrl-C in its terminal or `kill {pid}`; or start a second one: make local ARGS='--folder FOLDER "
                "--port 0 --tls-port 0 --bedrock-port 0 --aws-port 0 --lambda-port 0'."
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield
