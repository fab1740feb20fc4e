from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from integration.lambda_service.serving import RAW_COMMAND
from sluice_local.bedrock_runtime import Credentials
from sluice_local.lambda_service import FunctionSpec, RunningFunctionUrl, UrlSettings, running_function_url

type Serve = Callable[..., RunningFunctionUrl]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Runs a function behind its URL until the test ends: by default the runtime of raw scenarios."""
    with ExitStack() as stack:

        def serve(
            settings: UrlSettings | None = None,
            *,
            certificates: Path | None = None,
            pace: Any = None,
            invokers: Credentials | None = None,
            **spec: Any,
        ) -> RunningFunctionUrl:
            defaults = {"name": "raw", "handler": "none", "task_root": tmp_path, "command": RAW_COMMAND}
            running = running_function_url(
                FunctionSpec(**{**defaults, **spec}),
                settings,
                certificates=certificates,
                pace=pace,
                invokers=invokers,
            )
            return stack.enter_context(running)

        yield serve


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a development CA."""
    return tmp_path_factory.mktemp("certificates")
