"""The container engine, and how a container reaches this machine."""

import platform
import shutil
import socket
import subprocess
from dataclasses import dataclass

ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
BASE_IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"
# What a container calls the machine it runs on; `host-gateway` is the engine's own word for its address.
HOST_NAME = "host.docker.internal"
ADD_HOST = f"{HOST_NAME}:host-gateway"


class NoContainersError(Exception):
    """No function can run in a container here; the message says why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers and has the base image. `host_address` is where containers look for this machine."""

    host_address: str


def find_engine() -> Engine:
    """Find the engine and make sure of the base image.

    Raises:
        NoContainersError: there is no engine, or no image.
    """
    if shutil.which("docker") is None:
        raise NoContainersError("there is no `docker` command")
    _run("no container engine answers", "docker", "info")
    if subprocess.run(["docker", "image", "inspect", BASE_IMAGE], capture_output=True, check=False).returncode:
        _run(f"{BASE_IMAGE} is not here and cannot be pulled", "docker", "pull", "--quiet", BASE_IMAGE)
    look_up = f"import socket; print(socket.gethostbyname({HOST_NAME!r}))"
    entry = ("--entrypoint", "/var/lang/bin/python3.13")
    address = _run(
        f"a container does not know {HOST_NAME}",
        *("docker", "run", "--rm", "--add-host", ADD_HOST, *entry, BASE_IMAGE, "-c", look_up),
    )
    return Engine(address.strip())


def listening_address(engine: Engine) -> str:
    """Where to listen for containers: the engine's bridge if it is on this machine, else loopback.

    An engine in a virtual machine of its own (Docker Desktop) leads its address to this machine's loopback.
    """
    with socket.socket() as probe:
        try:
            probe.bind((engine.host_address, 0))
        except OSError:
            return "127.0.0.1"
    return engine.host_address


def _run(complaint: str, *command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        detail = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise NoContainersError(f"{complaint}: {detail[-1] if detail else f'exit status {done.returncode}'}")
    return done.stdout
