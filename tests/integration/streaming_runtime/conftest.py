from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from integration.streaming_runtime.fake_runtime_api import FakeRuntimeApi
from integration.streaming_runtime.layers import ROOT, VERSIONS, Layers
from integration.streaming_runtime.runtime_process import RuntimeProcess, module_command

type Start = Callable[..., RuntimeProcess]


@pytest.fixture(scope="session")
def layers() -> Layers:
    return Layers(ROOT / ".local" / "runtime-layers")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts runtimes for a Runtime API, with more environment variables as keywords, and kills them in the end."""
    started = []

    def start(api: FakeRuntimeApi, command: Sequence[str | Path] = (), **environment: str) -> RuntimeProcess:
        folder = tmp_path / f"process-{len(started)}"
        folder.mkdir()
        environment = {"AWS_LAMBDA_RUNTIME_API": api.address, **environment}
        started.append(RuntimeProcess(command or module_command(), environment, folder))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture(params=VERSIONS)
def any_version(request: pytest.FixtureRequest, layers: Layers) -> list[str]:
    """The command that runs the runtime on one released awslambdaric after the other."""
    return layers.command(request.param)
