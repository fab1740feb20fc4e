"""A function URL in a background thread, for tests and for programs that are not asynchronous."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop

from sluice_local.bedrock_runtime.authentication import Credentials
from sluice_local.certificates import ensure_certificates
from sluice_local.lambda_service.function import LAMBDAS_PACE, LambdaFunction
from sluice_local.lambda_service.function_spec import FunctionSpec
from sluice_local.lambda_service.function_url import FunctionUrlEmulator, UrlSettings
from sluice_local.lambda_service.invocation import InvokeResult
from sluice_local.lambda_service.invoke_api import InvokeApi
from sluice_local.lambda_service.pace import Pace


@dataclass(frozen=True, slots=True)
class RunningFunctionUrl:
    """A function URL that serves. `tls_url` and `ca_bundle` are empty where it was started without certificates.

    invoke_url: endpoint of Lambda's Invoke API for the function. logs: what it and the platform have said so far.
    """

    url: str
    tls_url: str
    ca_bundle: str
    invoke_url: str
    logs: list[str]
    emulator: FunctionUrlEmulator
    loop: asyncio.AbstractEventLoop

    def kill_busy(self) -> int:
        """Kill each environment that is serving a request, as a failure of the platform would; return how many."""
        return self._do(self.emulator.kill_busy)

    def environment_pids(self) -> list[int]:
        """Return the process ids of the environments there are."""
        return self._do(lambda: [pid for one in self.emulator.function.environments if (pid := one.pid) is not None])

    def invoke(self, event: object) -> InvokeResult:
        """Invoke the function directly. Raises `Throttled`."""
        return asyncio.run_coroutine_threadsafe(self.emulator.function.invoke(event), self.loop).result()

    def _do[T](self, action: Callable[[], T]) -> T:
        """Run something in the emulator's thread, which owns its state."""

        async def act() -> T:
            return action()

        return asyncio.run_coroutine_threadsafe(act(), self.loop).result()


@contextmanager
def running_function_url(
    spec: FunctionSpec,
    settings: UrlSettings | None = None,
    *,
    certificates: Path | None = None,
    port: int = 0,
    tls_port: int = 0,
    pace: Pace | None = LAMBDAS_PACE,
    on_line: Callable[[str], None] | None = None,
    invokers: Credentials | None = None,
) -> Iterator[RunningFunctionUrl]:
    """Run a function behind its URL on 127.0.0.1 until the block ends; with a folder for certificates, on TLS too.

    No process is left when the block has ended. `on_line` gets each line of the log as it comes. With `invokers` the
    Invoke API wants requests that are signed with one of them.
    """
    logs: list[str] = []

    def log(_name: str, line: str) -> None:
        logs.append(line)
        if on_line is not None:
            on_line(line)

    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=f"function-url-{spec.name}", daemon=True)
    thread.start()
    function = LambdaFunction(spec, log, pace)
    emulator, api = FunctionUrlEmulator(function, settings), InvokeApi([function], invokers)
    try:
        starting = _start(emulator, api, certificates, (port, tls_port), logs, loop)
        yield asyncio.run_coroutine_threadsafe(starting, loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(_stop(emulator, api), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(
    emulator: FunctionUrlEmulator,
    api: InvokeApi,
    folder: Path | None,
    ports: tuple[int, int],
    logs: list[str],
    loop: asyncio.AbstractEventLoop,
) -> RunningFunctionUrl:
    plain = await emulator.start(port=ports[0])
    url = f"http://127.0.0.1:{plain.port}"
    invoke_url = f"http://127.0.0.1:{(await api.start()).port}"
    if folder is None:
        return RunningFunctionUrl(url, "", "", invoke_url, logs, emulator, loop)
    certificates = ensure_certificates(folder)
    secure = await emulator.start(port=ports[1], tls=certificates.server_context())
    tls_url, ca_bundle = f"https://localhost:{secure.port}", str(certificates.ca_bundle)
    return RunningFunctionUrl(url, tls_url, ca_bundle, invoke_url, logs, emulator, loop)


async def _stop(emulator: FunctionUrlEmulator, api: InvokeApi) -> None:
    await emulator.close()
    await api.close()
    await emulator.function.close()
