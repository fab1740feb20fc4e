"""What was built imports, with nothing beside it but the standard library (and Lambda's boto3, for the refresh)."""

import importlib.util
import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from infrastructure.artifacts import LAYERS_OF, SOURCES, Artifacts, built_artifacts
from infrastructure.expansion import PROJECT, expand

pytestmark = pytest.mark.sam

# What the managed runtime brings.
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
IMPORT_ALL = """
import importlib, json, sys
names, sys.path[:0] = json.loads(sys.argv[1]), json.loads(sys.argv[2])
print(json.dumps({name: importlib.import_module(name).__file__ for name in names}))
"""


@pytest.fixture
def artifacts() -> Artifacts:
    return built_artifacts("arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64")


@pytest.fixture
def managed_packages(tmp_path: Path) -> Path:
    """A folder with the packages of the managed runtime and no others."""
    for name in BOTO3:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        found = origin.parent if origin.name == "__init__.py" else origin
        (tmp_path / found.name).symlink_to(found)
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="the libraries in the layers are Linux's")
@pytest.mark.parametrize("function", LAYERS_OF)
def test_every_module_imports_from_the_function_and_its_layers(
    function: str, artifacts: Artifacts, managed_packages: Path
) -> None:
    path = [artifacts.folder / function, *(artifacts.folder / layer / "python" for layer in LAYERS_OF[function])]
    modules = [
        name for built in SOURCES if built.split("/")[0] in {function, *LAYERS_OF[function]} for name in _modules(built)
    ]
    variables = expand().properties(function)["Environment"]["Variables"]
    arguments = [json.dumps(modules), json.dumps([str(folder) for folder in [*path, managed_packages]])]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", IMPORT_ALL, *arguments],
        env={name: str(value) for name, value in variables.items()} | {"AWS_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    origins = json.loads(done.stdout)
    assert set(origins) == set(modules)
    assert all(origin.startswith(str(artifacts.folder)) for origin in origins.values())


def _modules(built: str) -> list[str]:
    source = PROJECT / SOURCES[built]
    paths = [path.relative_to(source.parent).with_suffix("") for path in source.rglob("*.py")]
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths if path.name != "__main__")
