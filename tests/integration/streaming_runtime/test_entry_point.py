"""The exec wrapper and the layer as Lambda lays them out, beside a managed runtime with an older awslambdaric."""

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from integration.streaming_runtime.fake_runtime_api import FakeRuntimeApi, Invocation
from integration.streaming_runtime.layers import PINNED, SOURCE, Layers
from integration.streaming_runtime.runtime_process import TASK_ROOT, RuntimeProcess, module_command

type Start = Callable[..., RuntimeProcess]

MANAGED = "4.0.2"


@pytest.fixture(scope="session")
def managed_python(layers: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that finds an older awslambdaric in its own site-packages, as `/var/lang/bin/python3.13` does."""
    lang = tmp_path_factory.mktemp("var") / "lang"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", lang], check=True)
    ignore = shutil.ignore_patterns("streaming_runtime")
    shutil.copytree(layers.python(MANAGED), lang / "lib/python3.13/site-packages", ignore=ignore, dirs_exist_ok=True)
    return lang / "bin" / "python3.13"


@pytest.fixture
def opt(layers: Layers, tmp_path: Path) -> Path:
    """The layer unpacked: the wrapper, and `python/` with the hash-pinned wheels and the runtime."""
    opt = tmp_path / "opt"
    opt.mkdir()
    shutil.copy2(SOURCE / "streaming-runtime", opt)
    (opt / "python").symlink_to(layers.python(PINNED))
    return opt


def asked_for_modules(start: Start, command: list[str | Path]) -> dict[str, object]:
    """What the function sees of its process."""
    with FakeRuntimeApi(Invocation(b'{"do":"modules"}')) as api:
        start(api, command)
        (answer,) = api.wait_for_answers(1)
    modules = json.loads(answer.body)
    assert isinstance(modules, dict)
    return modules


def wrapper_command(opt: Path, python: Path) -> list[str | Path]:
    """As Lambda calls the wrapper: with the interpreter and the managed bootstrap."""
    return [opt / "streaming-runtime", python, "/var/runtime/bootstrap.py"]


def test_awslambdaric_comes_from_the_layer_where_an_older_one_exists_too(
    start: Start, opt: Path, managed_python: Path
) -> None:
    script = "import awslambdaric; print(awslambdaric.__version__, awslambdaric.__file__)"
    managed = subprocess.run([managed_python, "-c", script], check=True, capture_output=True, text=True).stdout
    version, file = managed.split()
    assert version == MANAGED
    assert file.startswith(str(managed_python.parents[1]))

    modules = asked_for_modules(start, wrapper_command(opt, managed_python))
    assert modules["version"] == PINNED
    files = modules["files"]
    assert isinstance(files, list)
    assert [str(Path(file).relative_to(opt / "python")).split("/")[0].split(".")[0] for file in files] == [
        "awslambdaric",
        "awslambdaric",
        "runtime_client",
        "simplejson",
        "streaming_runtime",
    ]


def test_the_path_is_the_layer_the_function_the_other_layers_and_the_interpreters_own(
    start: Start, opt: Path, managed_python: Path
) -> None:
    path = asked_for_modules(start, wrapper_command(opt, managed_python))["path"]
    assert isinstance(path, list)
    assert path[:4] == [
        str(opt / "python"),
        str(TASK_ROOT),
        "/opt/python/lib/python3.13/site-packages",
        "/opt/python",
    ]
    assert path[-1] == str(managed_python.parents[1] / "lib/python3.13/site-packages")
    assert not any(entry.endswith("streaming_runtime") for entry in path)


@pytest.mark.parametrize("how", ["wrapper", "folder", "relative folder", "module"])
def test_no_module_of_the_runtime_is_loaded_under_a_second_name(
    start: Start, opt: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(opt)
    commands: dict[str, list[str | Path]] = {
        "wrapper": wrapper_command(opt, Path(sys.executable)),
        "folder": [sys.executable, opt / "python" / "streaming_runtime"],
        "relative folder": [sys.executable, "python/streaming_runtime"],
        "module": [*module_command()],
    }
    modules = asked_for_modules(start, commands[how])
    assert modules["twice"] == []
    assert modules["version"] == PINNED


def test_the_wrapper_becomes_the_interpreter(start: Start, opt: Path) -> None:
    with FakeRuntimeApi() as api:
        process = start(api, wrapper_command(opt, Path(sys.executable)))
        api.wait_for(lambda: api.next_calls() == 1)
        command = Path(f"/proc/{process.pid}/cmdline").read_text()
    assert command.split("\0")[:-1] == [sys.executable, str(opt / "python" / "streaming_runtime")]


def test_the_wrapper_can_be_run_and_is_not_taken_for_a_bootstrap() -> None:
    wrapper = SOURCE / "streaming-runtime"
    assert stat.S_IMODE(wrapper.stat().st_mode) == 0o755
    assert wrapper.read_bytes().startswith(b"#!/bin/sh\n")
    assert b"\r" not in wrapper.read_bytes()
    assert not (SOURCE / "bootstrap").exists()


def test_the_contract_can_be_imported_without_the_runtime() -> None:
    script = "import sys, streaming_runtime; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert "streaming_runtime" in loaded
    assert {"awslambdaric", "runtime_client", "simplejson", "http", "json", "logging"}.isdisjoint(loaded)


def test_the_process_starts_without_what_it_does_not_need(start: Start) -> None:
    heavy = asked_for_modules(start, [*module_command()])["heavy"]
    assert heavy == []


def test_the_garbage_collector_is_on_again_and_passes_by_what_the_start_has_left(start: Start) -> None:
    collector = asked_for_modules(start, [*module_command()])["collector"]
    assert isinstance(collector, dict)
    assert collector["on"]
    assert collector["passes_by"] > 1_000
