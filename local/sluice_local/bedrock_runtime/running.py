"""The emulator in a background thread, for tests and for programs that are not asynchronous."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sluice_local.bedrock_runtime.emulator import BedrockRuntimeEmulator, Settings
from sluice_local.bedrock_runtime.recording import RecordedRequest
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.bedrock_runtime.service_model import Operation
from sluice_local.certificates import ensure_certificates


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """An emulator that serves. `tls_url` and `ca_bundle` are empty where it was started without certificates."""

    emulator: BedrockRuntimeEmulator
    url: str
    tls_url: str
    ca_bundle: str
    loop: asyncio.AbstractEventLoop

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest calls since the last `clear`."""
        return list(self.emulator.requests)

    def script(
        self, *scenarios: Scenario, times: int = 1, operation: Operation | None = None, model: str = "*"
    ) -> None:
        """Queue scenarios for the next calls that fit."""
        self._do(lambda: self.emulator.script(*scenarios, times=times, operation=operation, model=model))

    def clear(self) -> None:
        """Forget what was recorded and what is still queued."""
        self._do(self.emulator.clear)

    def _do(self, action: Callable[[], None]) -> None:
        """Run something in the emulator's thread, which owns its state."""
        done = threading.Event()

        def act() -> None:
            action()
            done.set()

        self.loop.call_soon_threadsafe(act)
        done.wait()


@contextmanager
def running_emulator(
    settings: Settings | None = None, *, certificates: Path | None = None, port: int = 0, tls_port: int = 0
) -> Iterator[RunningEmulator]:
    """Run an emulator on 127.0.0.1 until the block ends; with a folder for certificates, on a TLS port too."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bedrock-runtime-emulator", daemon=True)
    thread.start()
    emulator = BedrockRuntimeEmulator(settings)
    try:
        starting = asyncio.run_coroutine_threadsafe(_start(emulator, certificates, port, tls_port, loop), loop)
        yield starting.result()
    finally:
        asyncio.run_coroutine_threadsafe(emulator.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(
    emulator: BedrockRuntimeEmulator,
    folder: Path | None,
    port: int,
    tls_port: int,
    loop: asyncio.AbstractEventLoop,
) -> RunningEmulator:
    plain = await emulator.start(port=port)
    url = f"http://127.0.0.1:{plain.port}"
    if folder is None:
        return RunningEmulator(emulator, url, "", "", loop)
    certificates = ensure_certificates(folder)
    secure = await emulator.start(port=tls_port, tls=certificates.server_context())
    return RunningEmulator(emulator, url, f"https://127.0.0.1:{secure.port}", str(certificates.ca_bundle), loop)
