"""Says clearly which port is taken, and how to choose another."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sluice_local.stack.errors import StackError


@contextmanager
def port_errors(port: int, option: str) -> Iterator[None]:
    """Turn the failure to listen on a port into words.

    Raises:
        StackError: the port cannot be had.
    """
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = f"Port {port} is in use by another program."
        elif error.errno == errno.EACCES:
            why = f"Port {port} may not be opened by this user."
        else:
            raise
        raise StackError(f"{why} Choose another: make local ARGS='{option} PORT' (0 takes any free one).") from error
