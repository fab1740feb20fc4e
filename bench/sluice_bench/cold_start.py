"""How long a process takes from its start to its first `GET /next`, as the Runtime API sees it."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from sluice_bench.artifacts import PYTHON, Artifacts

# The least that any streaming runtime in Python needs: awslambdaric, a client for the Runtime API, TLS, JSON.
_FLOOR = """
import http.client, json, os, ssl
import awslambdaric.bootstrap, awslambdaric.lambda_runtime_client
ssl.create_default_context()
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("GET", "/2018-06-01/runtime/invocation/next")
connection.getresponse()
"""
_TIMEOUT_SECONDS = 30.0


class NeverStarted(Exception):
    """A process did not ask for an invocation; its own words."""


def floor_start(artifacts: Artifacts) -> float:
    """Start the floor once; seconds."""
    return _start((PYTHON, "-c", _FLOOR), {"PYTHONPATH": str(artifacts.opt / "python")})


def gateway_start(artifacts: Artifacts, environ: Mapping[str, str]) -> float:
    """Start an environment of the gateway once, as Lambda does; seconds."""
    variables = {
        **environ,
        # The real endpoints, so that TLS is set up as it is in Lambda. Nothing is sent to them.
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "",
        "AWS_ENDPOINT_URL_DYNAMODB": "",
        "PYTHONPATH": str(artifacts.opt / "python"),
        "LAMBDA_TASK_ROOT": str(artifacts.task_root),
        "_HANDLER": "gateway.handler.lambda_handler",
    }
    return _start(artifacts.command, variables)


def _start(command: Sequence[str], variables: Mapping[str, str]) -> float:
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as folder:
        server.settimeout(_TIMEOUT_SECONDS)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        environ = {"PATH": os.environ["PATH"], **variables, "AWS_LAMBDA_RUNTIME_API": address}
        log = Path(folder) / "log"
        with log.open("wb") as output:
            began = time.perf_counter()
            process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(_TIMEOUT_SECONDS)
                asked = connection.recv(4096)
                took = time.perf_counter() - began
        except TimeoutError as error:
            raise NeverStarted(f"{command} did not ask for an invocation: {log.read_text()}") from error
        finally:
            process.kill()
            process.wait()
        if b"/invocation/next" not in asked:
            raise NeverStarted(f"{command} asked {asked[:80]!r}: {log.read_text()}")
        return took
