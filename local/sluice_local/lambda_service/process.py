"""A child process in a group of its own, whose output comes line by line and which dies with this process."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

# Output without a line end is passed on in pieces of this many bytes.
_MAX_LINE = 256 * 1024
# How long output may keep coming from what a killed process has left behind in another group.
_LAST_OUTPUT_SECONDS = 2.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class ChildProcess(asyncio.SubprocessProtocol):
    """A running child. `on_exit` gets its exit code, or minus the signal's number, after its last line of output."""

    def __init__(self, on_line: Callable[[str], None], on_exit: Callable[[int], None]) -> None:
        self._on_line = on_line
        self._on_exit = on_exit
        self._unfinished = b""
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the process's id."""
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self.pid = self._transport.get_pid()

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        """Pass whole lines on."""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        if len(self._unfinished) > _MAX_LINE:
            lines.append(self._unfinished)
            self._unfinished = b""
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))

    def process_exited(self) -> None:
        """Let go of the pipes in the end, even where another process still holds them."""
        asyncio.get_running_loop().call_later(_LAST_OUTPUT_SECONDS, self._transport.close)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Learn that the process is gone and its output read."""
        if self._unfinished:
            self._on_line(self._unfinished.decode("utf-8", "replace"))
        code = self._transport.get_returncode()
        self._transport.close()
        self._gone.set()
        self._on_exit(-signal.SIGKILL if code is None else code)

    def kill(self) -> None:
        """Kill the whole group, at once and without a chance to clean up, as Lambda does."""
        if not self._gone.is_set():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def wait(self) -> None:
        """Wait until the process is gone."""
        await self._gone.wait()


async def start_process(
    command: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None],
    on_exit: Callable[[int], None],
) -> ChildProcess:
    """Start `command` with exactly these environment variables. Raises OSError where it cannot be started."""
    _, child = await asyncio.get_running_loop().subprocess_exec(
        lambda: ChildProcess(on_line, on_exit),
        *command,
        cwd=cwd,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        # Elsewhere a runtime ends when its Runtime API does not answer any more.
        preexec_fn=_die_with(os.getpid()) if sys.platform == "linux" else None,
    )
    return child


def _die_with(parent: int) -> Callable[[], None]:
    """Return what the child runs before its program: Linux kills it when the thread that started it ends."""

    def ask_the_kernel() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent was gone before the kernel was asked
            os._exit(1)

    return ask_the_kernel
