"""What `sam build` made, laid out as Lambda lays it out."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FUNCTION = "GatewayFunction"
LAYERS = ("RuntimeLayer", "CommonLayer", "DependenciesLayer")
# The interpreter that runs them: not the virtual environment's, in which they would find the work tree.
PYTHON = str(getattr(sys, "_base_executable", sys.executable))


class NotBuilt(Exception):
    """There is no build to measure."""


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The gateway as it runs: `task_root` stands for `/var/task`, `opt` for `/opt`; `megabytes` unzipped."""

    task_root: Path
    opt: Path
    megabytes: float

    @property
    def command(self) -> tuple[str, str]:
        """What an execution environment runs: the exec wrapper, and what Lambda gives it as `$1`."""
        return str(self.opt / "streaming-runtime"), PYTHON


def lay_out(architecture: str, folder: Path) -> Artifacts:
    """Unpack the layers over each other into `folder`, as Lambda does into `/opt`.

    Raises:
        NotBuilt: nothing was built for the architecture.
    """
    build = PROJECT / ".aws-sam" / architecture
    if not (build / "template.yaml").is_file():
        raise NotBuilt(f"nothing was built for {architecture}: run `make build`")
    opt = folder / "opt"
    for layer in LAYERS:
        shutil.copytree(build / layer, opt, dirs_exist_ok=True)
    size = sum(_size(build / name) for name in (FUNCTION, *LAYERS))
    return Artifacts(build / FUNCTION, opt, size / 1e6)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
