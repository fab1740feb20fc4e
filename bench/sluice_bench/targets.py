"""What is measured: a direct connection, the floor and the gateway, each as a URL that streams."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gateway.aws.sigv4 import Credentials, signed_headers
from sluice_local.lambda_service import FunctionSpec, RunningFunctionUrl, running_function_url

from sluice_bench.artifacts import PYTHON, Artifacts
from sluice_bench.load import Load, LoadResult
from sluice_bench.processes import cpu_seconds, wait_until_idle
from sluice_bench.services import Services
from sluice_bench.wires import WIRES, Wire

_FLOOR = Path(__file__).with_name("floor.py")
_INIT_TIMEOUT = 60.0  # fifty environments may start at once


@dataclass(frozen=True, slots=True)
class Measured:
    """A load and what it cost: `cpu` is seconds of the target's own processes, 0 for a direct connection."""

    result: LoadResult
    cpu: float

    @property
    def cpu_per_delta(self) -> float:
        """Microseconds."""
        return self.cpu / self.result.deltas * 1e6


@dataclass(frozen=True, slots=True)
class Target:
    """Something that streams, and what opens it; without a `function` it is the upstream itself, asked as AWS is."""

    name: str
    url: str
    opener: str | Credentials
    function: RunningFunctionUrl | None = field(default=None, repr=False)

    def pids(self) -> list[int]:
        """Return the processes of its environments."""
        return self.function.environment_pids() if self.function else []

    def measure(
        self, wire: str, model: str, deltas: int, *, streams: int, clients: int = 1, pause: float = 0.0
    ) -> Measured:
        """Put a load on it.

        Raises:
            LoadFailed: a stream was not whole.
        """
        load = Load(self.url, self._headers(WIRES[wire], model), wire, model, deltas, streams, clients, pause)
        pids = self.pids()
        wait_until_idle(pids)
        before = cpu_seconds(pids)
        result = make_load(load)
        wait_until_idle(pids)
        return Measured(result, cpu_seconds(pids) - before)

    def _headers(self, wire: Wire, model: str) -> dict[str, str]:
        headers = {"host": urlsplit(self.url).netloc, "content-type": "application/json"}
        if isinstance(self.opener, str):
            return {**headers, "authorization": f"Bearer {self.opener}"}
        path, body = wire.path(model), wire.payload(model)
        return signed_headers(
            "POST", path, headers, body, self.opener, service="bedrock", region="us-east-1", now=time.time()
        )


class LoadFailed(Exception):
    """The load generator could not do its work; its own words."""


def make_load(load: Load) -> LoadResult:
    """Run the load generator.

    Raises:
        LoadFailed: a stream was not whole.
    """
    command = [sys.executable, "-m", "sluice_bench.load", json.dumps(asdict(load))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadFailed(f"{load}: {done.stderr}")
    return LoadResult(**json.loads(done.stdout))


def direct_target(services: Services) -> Target:
    """Return the upstream itself. Its clients sign, so that it has the same to check as behind the gateway."""
    environ = services.environ
    credentials = Credentials(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    return Target("direct", services.bedrock_url, credentials)


@contextmanager
def floor_target(services: Services) -> Iterator[Target]:
    """Run the floor behind a function URL."""
    environ = {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": services.bedrock_url,
        "AWS_BEARER_TOKEN_BEDROCK": services.bearer_token,
    }
    spec = FunctionSpec(
        name="floor",
        handler="floor.run",
        task_root=_FLOOR.parent,
        environ=environ,
        init_timeout=_INIT_TIMEOUT,
        # -P: or this package's modules could be taken for the standard library's.
        command=(PYTHON, "-P", str(_FLOOR)),
    )
    with running_function_url(spec, pace=None) as function:
        yield Target("floor", function.url, services.key, function)


@contextmanager
def gateway_target(artifacts: Artifacts, services: Services) -> Iterator[Target]:
    """Run what was built behind a function URL."""
    environ = {**gateway_environ(services), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": services.bedrock_url}
    with running_function_url(gateway_spec(artifacts, environ), pace=None) as function:
        yield Target("gateway", function.url, services.key, function)


def gateway_spec(artifacts: Artifacts, environ: Mapping[str, str]) -> FunctionSpec:
    """Describe the gateway as the template does."""
    return FunctionSpec(
        name="gateway",
        handler="gateway.handler.lambda_handler",
        task_root=artifacts.task_root,
        environ=environ,
        init_timeout=_INIT_TIMEOUT,
        command=artifacts.command,
    )


def gateway_environ(services: Services) -> dict[str, str]:
    """Return the variables that the template sets, but for those of the endpoints."""
    return {
        **services.environ,
        "SLUICE_URL_AUTH": "NONE",
        "POWERTOOLS_SERVICE_NAME": "sluice-gateway",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
    }
