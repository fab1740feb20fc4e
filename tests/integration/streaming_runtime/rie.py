"""AWS's own Runtime API: the runtime interface emulator with one function."""

import http.client
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from integration.runtime_interface_emulator import BINARY, end
from integration.streaming_runtime.runtime_process import LAMBDA_ENVIRONMENT

PATIENCE = 10.0  # seconds; longer than anything here takes


class Rie:
    """The emulator with one function, which it starts at the first invocation and again after the process has ended."""

    def __init__(self, command: Sequence[str], folder: Path, **environment: str) -> None:
        self._output = folder / "rie-output"
        self._address = free_address()
        options = {"interface-emulator-address": self._address, "api-address": free_address()}
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [BINARY, *(part for name in options for part in (f"--runtime-{name}", options[name])), *command],
                env={**LAMBDA_ENVIRONMENT, "AWS_LAMBDA_FUNCTION_TIMEOUT": "10", **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(self._address.split(":")).close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, self.output()
                time.sleep(0.01)
            else:
                return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        end(self._process)

    def invoke(self, event: bytes) -> tuple[int, bytes]:
        """Status and body of what the caller of an invocation gets."""
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", event)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def output(self) -> str:
        """What the emulator and the function have written."""
        return self._output.read_bytes().decode()


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"
