"""What `sam build` made: it runs on the architecture it is for, starts without compiling, and holds nothing else."""

import importlib.util
import marshal
import re
import stat
import tomllib
from pathlib import Path

import pytest
from infrastructure.artifacts import FUNCTIONS, LAYERS, LAYERS_OF, SOURCES, Artifacts, built_artifacts
from infrastructure.expansion import PROJECT

pytestmark = pytest.mark.sam

MEGABYTE = 1_000_000
# `e_machine` of an ELF header.
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}
# The second word of a .pyc since PEP 552: hash-based, and the source is not looked at.
UNCHECKED_HASH = 0b01
REQUIREMENT = re.compile(r"^([a-z0-9-]+)==(\S+) \\$", re.MULTILINE)


@pytest.fixture(params=["arm64", "x86_64"])
def artifacts(request: pytest.FixtureRequest) -> Artifacts:
    return built_artifacts(request.param)


def bytecode_of(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"


@pytest.mark.parametrize("built", SOURCES)
def test_what_was_built_is_what_lies_in_the_tree(artifacts: Artifacts, built: str) -> None:
    def sources(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}

    in_tree = sources(PROJECT / SOURCES[built])
    assert in_tree
    assert sources(artifacts.folder / built) == in_tree, "the build is older than the tree: run `make build`"


def test_the_wrapper_can_be_run_and_is_not_called_bootstrap(artifacts: Artifacts) -> None:
    wrapper = artifacts.folder / "RuntimeLayer/streaming-runtime"
    assert stat.S_IMODE(wrapper.stat().st_mode) == 0o755
    text = wrapper.read_bytes()
    assert text.startswith(b"#!/bin/sh\n")
    assert b"\r" not in text
    # `sam local` runs /opt/bootstrap instead of the managed runtime.
    assert [path.name for path in artifacts.files(*LAYERS) if path.name == "bootstrap"] == []


def test_a_layer_holds_only_what_lambda_puts_on_the_path(artifacts: Artifacts) -> None:
    held = {name: sorted(path.name for path in (artifacts.folder / name).iterdir()) for name in LAYERS}
    assert held == {
        "RuntimeLayer": ["python", "streaming-runtime"],
        "CommonLayer": ["python"],
        "DependenciesLayer": ["python"],
        "TracingLayer": ["python"],
    }


def test_a_function_holds_only_its_package(artifacts: Artifacts) -> None:
    held = {name: [path.name for path in (artifacts.folder / name).iterdir()] for name in FUNCTIONS}
    assert held == {"GatewayFunction": ["gateway"], "RefreshFunction": ["catalog_refresh"]}


def test_every_module_is_compiled_and_never_compiled_again(artifacts: Artifacts) -> None:
    sources = [path for path in artifacts.files() if path.suffix == ".py"]
    assert len(sources) > 100
    for source in sources:
        header = bytecode_of(source).read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER, source
        assert int.from_bytes(header[4:8], "little") == UNCHECKED_HASH, source
        assert header[8:16] == importlib.util.source_hash(source.read_bytes()), source


def test_no_bytecode_is_left_of_a_module_that_is_gone(artifacts: Artifacts) -> None:
    compiled = {path for path in artifacts.files() if path.suffix == ".pyc"}
    assert compiled == {bytecode_of(path) for path in artifacts.files() if path.suffix == ".py"}


@pytest.mark.parametrize(
    ("module", "place"),
    [
        ("GatewayFunction/gateway/settings.py", "/var/task/gateway/settings.py"),
        ("CommonLayer/python/sluice/keys.py", "/opt/python/sluice/keys.py"),
        ("RuntimeLayer/python/awslambdaric/bootstrap.py", "/opt/python/awslambdaric/bootstrap.py"),
    ],
)
def test_a_traceback_names_the_place_where_lambda_has_the_module(artifacts: Artifacts, module: str, place: str) -> None:
    code = marshal.loads(bytecode_of(artifacts.folder / module).read_bytes()[16:])
    assert code.co_filename == place


def test_every_library_is_for_the_architecture(artifacts: Artifacts) -> None:
    libraries = [path for path in artifacts.files() if ".so" in path.suffixes]
    assert {path.name.split(".")[0] for path in libraries} == {"runtime_client", "_speedups", "orjson", "_wrappers"}
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:5] == b"\x7fELF\x02", library
        assert int.from_bytes(header[18:20], "little") == MACHINES[artifacts.architecture], library


def test_nothing_runs_at_interpreter_start_and_nothing_is_for_developers(artifacts: Artifacts) -> None:
    unwanted = [
        path
        for path in artifacts.files()
        if path.suffix in {".pth", ".pyi", ".c", ".h"}
        or path.name in {"Makefile", "requirements.txt", "sitecustomize.py", "usercustomize.py", "RECORD"}
        or {"tests", "bin"} & set(path.parts[len(artifacts.folder.parts) :])
    ]
    assert unwanted == []


def test_every_file_can_be_read_by_the_user_that_lambda_runs_as(artifacts: Artifacts) -> None:
    assert [path for path in artifacts.files() if stat.S_IMODE(path.stat().st_mode) & 0o444 != 0o444] == []
    assert [path for path in artifacts.files() if path.is_symlink()] == []


def test_the_gateway_with_its_layers_is_small(artifacts: Artifacts) -> None:
    assert artifacts.size("GatewayFunction", *LAYERS_OF["GatewayFunction"]) <= 15 * MEGABYTE


def test_what_traces_is_in_a_layer_of_its_own_and_small(artifacts: Artifacts) -> None:
    holding = {
        path.relative_to(artifacts.folder).parts[0] for path in artifacts.files() if "aws_xray_sdk" in path.parts
    }
    assert holding == {"TracingLayer"}
    assert artifacts.size("TracingLayer") <= 2 * MEGABYTE


THIRD_PARTY = ["runtime", "dependencies", "tracing"]


@pytest.mark.parametrize("layer", THIRD_PARTY)
def test_what_is_pinned_is_what_was_built(artifacts: Artifacts, layer: str) -> None:
    pinned = dict(REQUIREMENT.findall((PROJECT / "layers" / layer / "requirements.txt").read_text()))
    folder = artifacts.folder / f"{layer.capitalize()}Layer/python"
    built = dict(path.name.removesuffix(".dist-info").split("-", 1) for path in folder.glob("*.dist-info"))
    assert {name.replace("_", "-"): version for name, version in built.items()} == pinned
    # Vulnerability scanners find a layer's packages by these.
    assert all((path / "METADATA").is_file() for path in folder.glob("*.dist-info"))


@pytest.mark.parametrize("layer", THIRD_PARTY)
def test_every_pin_has_the_hashes_of_the_lock(layer: str) -> None:
    text = (PROJECT / "layers" / layer / "requirements.txt").read_text()
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    pinned = {block.split(" ")[0]: set(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block)) for block in blocks}
    lock = tomllib.loads((PROJECT / "uv.lock").read_text())
    locked = {
        f"{package['name']}=={package['version']}": {
            file["hash"] for file in [*package.get("wheels", []), package.get("sdist")] if file
        }
        for package in lock["package"]
        if "version" in package
    }
    assert pinned
    assert pinned == {name: locked[name] for name in pinned}, "run `make requirements`"


def test_both_builds_differ_in_their_libraries_only() -> None:
    # Built one after the other, in other folders: what is the same twice is the same every time, and `sam deploy`
    # uploads nothing that has not changed.
    arm, intel = (
        {
            str(path.relative_to(artifacts.folder)): path.read_bytes()
            for path in artifacts.files()
            if ".so" not in path.suffixes and path.name not in {"WHEEL", "orjson.cyclonedx.json"}
        }
        for artifacts in map(built_artifacts, ["arm64", "x86_64"])
    )
    assert arm.keys() == intel.keys()
    assert [name for name in arm if arm[name] != intel[name]] == []
