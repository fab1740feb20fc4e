"""An execution environment: one process of the function's runtime, one invocation at a time."""

import asyncio
import math
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from secrets import token_hex

from sluice_local.http_server import HttpServer, serve
from sluice_local.lambda_service.errors import EXIT_ERROR, TIMED_OUT, FunctionError, InitFailed
from sluice_local.lambda_service.function_spec import VERSION, FunctionSpec, environment_variables
from sluice_local.lambda_service.invocation import Invocation
from sluice_local.lambda_service.pace import Pace
from sluice_local.lambda_service.process import ChildProcess, start_process
from sluice_local.lambda_service.runtime_api import RuntimeApi

# What a process has sent in its last moment may be read a moment after its exit is known.
_LAST_WORDS_SECONDS = 0.05


class ExecutionEnvironment:
    """A process and the Runtime API that it is given, on a port of its own.

    `on_idle` is called whenever the runtime asks for another invocation after one, `on_gone` once the process is gone.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        pace: Pace | None,
        log: Callable[[str], None],
        on_idle: Callable[["ExecutionEnvironment"], None],
        on_gone: Callable[["ExecutionEnvironment"], None],
    ) -> None:
        self.invocation: Invocation | None = None
        self._spec = spec
        self._log = log
        self._on_idle = on_idle
        self._on_gone = on_gone
        self._api = RuntimeApi(spec, self, pace)
        self._server: HttpServer | None = None
        self._process: ChildProcess | None = None
        self._initialised: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._began_at = 0.0

    @property
    def is_ending_invocation(self) -> bool:
        """Whether an answer is complete, so that the runtime will soon ask for more."""
        return self.invocation is not None and self.invocation.over

    @property
    def is_serving(self) -> bool:
        """Whether somebody waits for an answer from here."""
        return self.invocation is not None and not self.invocation.over

    @property
    def pid(self) -> int | None:
        """The runtime's process id."""
        return self._process.pid if self._process else None

    async def start(self, init_timeout: float) -> None:
        """Start the runtime and wait until it asks for its first invocation. Raises `InitFailed`."""
        self._server = await serve(self._api.handle, stream_bodies=True)
        address = f"127.0.0.1:{self._server.port}"
        log_stream = f"{datetime.now(UTC):%Y/%m/%d}/[{VERSION}]{token_hex(16)}"
        environ = environment_variables(self._spec, address, log_stream)
        folder = self._spec.cwd or self._spec.task_root
        try:
            self._process = await start_process(self._spec.command, folder, environ, self._log, self._exited)
        except OSError as error:
            message = f"The runtime's command {self._spec.command!r} could not be started in {folder}: {error}"
            raise InitFailed(FunctionError.of("Runtime.InvalidEntrypoint", message)) from error
        try:
            async with asyncio.timeout(init_timeout):
                await self._initialised
        except TimeoutError:
            self.kill()
            message = f"Init did not end within {init_timeout:.2f} seconds"
            raise InitFailed(FunctionError.of(TIMED_OUT, message)) from None

    def invoke(self, invocation: Invocation, timeout: float) -> None:
        """Give the waiting runtime an invocation; all of it has to be over in `timeout` seconds."""
        self.invocation = invocation
        self._began_at = time.monotonic()
        invocation.deadline_ms = int((time.time() + timeout) * 1000)
        self._timer = asyncio.get_running_loop().call_later(timeout, self._time_out, timeout)
        self._api.deliver(invocation)
        # After it, for the runtime waits for all that is done before.
        self._log(f"START RequestId: {invocation.request_id} Version: {VERSION}")

    def kill(self) -> None:
        """Kill the process, as the platform does or as its failure would."""
        if self._process is not None:
            self._process.kill()

    async def close(self) -> None:
        """Kill the process and free its port; nothing is left on return."""
        self._is_closing = True
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
        if self._server is not None:
            await self._server.close()

    def ready(self) -> None:
        """The runtime asks for an invocation: the one before, if any, is over with all that followed it."""
        if self.invocation is not None:
            self._end_invocation()
            self._on_idle(self)
        elif not self._initialised.done():
            self._initialised.set_result(None)

    def init_failed(self, error: FunctionError) -> None:
        """The runtime says that it cannot initialise."""
        self._log(f"INIT_REPORT Status: error Error Type: {error.kind}")
        if not self._initialised.done():
            self._initialised.set_exception(InitFailed(error))

    def _time_out(self, timeout: float) -> None:
        invocation = self.invocation
        assert invocation is not None
        message = f"RequestId: {invocation.request_id} Error: Task timed out after {timeout:.2f} seconds"
        self._log(message)
        invocation.fail(FunctionError.of(TIMED_OUT, message))
        if self._spec.on_timeout == "kill":
            self.kill()
        else:
            self._api.abandon()

    def _exited(self, code: int) -> None:
        if self.is_serving and not self._is_closing:
            asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self._bury, code)
        else:
            self._bury(code)

    def _bury(self, code: int) -> None:
        how = "without providing a reason" if code == 0 else f"with error: {_describe(code)}"
        prefix = f"RequestId: {self.invocation.request_id} Error: " if self.invocation else ""
        error = FunctionError.of(EXIT_ERROR, f"{prefix}Runtime exited {how}")
        if not self._initialised.done():
            self._initialised.set_exception(InitFailed(error))
        if self.invocation is not None:
            self.invocation.fail(error)
            timed_out = self.invocation.error is not None and self.invocation.error.kind == TIMED_OUT
            self._end_invocation("timeout" if timed_out else f"error\tError Type: {EXIT_ERROR}")
        if not self._is_closing:
            self._log(f"The runtime (process {self.pid}) exited {how}")
        self._on_gone(self)

    def _end_invocation(self, status: str | None = None) -> None:
        assert self.invocation is not None
        assert self._timer is not None
        self._timer.cancel()
        milliseconds = (time.monotonic() - self._began_at) * 1000
        report = (
            f"REPORT RequestId: {self.invocation.request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {math.ceil(milliseconds)} ms\tMemory Size: {self._spec.memory_mb} MB"
        )
        self._log(f"{report}\tStatus: {status}" if status else report)
        self.invocation = None


def _describe(code: int) -> str:
    return f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
