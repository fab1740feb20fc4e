"""Runtime layers as the build makes them, with any released awslambdaric, kept between runs of the tests."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "layers" / "runtime"
PINNED = "4.2.2"
# The first that knows invocation ids, one in between, and the pinned one.
VERSIONS = ("4.0.2", "4.1.0", PINNED)


class Layers:
    """Builds layers into `cache`; what a layer has of ours is linked, so that it is never stale."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def python(self, version: str) -> Path:
        """The `python` folder of a layer: awslambdaric of `version`, what it needs, and the runtime."""
        if version == PINNED:
            requirements = SOURCE / "requirements.txt"
            arguments = ["--require-hashes", "--requirement", str(requirements)]
            key = hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]
        else:
            arguments, key = [f"awslambdaric=={version}"], version
        folder = self._cache / key
        if not folder.exists():
            self._install(arguments, folder)
        return folder

    def command(self, version: str) -> list[str]:
        """How the exec wrapper starts the runtime of a layer."""
        return [sys.executable, str(self.python(version) / "streaming_runtime")]

    def _install(self, arguments: list[str], folder: Path) -> None:
        with tempfile.TemporaryDirectory(dir=self._cache) as made:
            target = Path(made) / "python"
            command = [uv(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target)]
            subprocess.run([*command, *arguments], check=True)
            (target / "streaming_runtime").symlink_to(SOURCE / "streaming_runtime")
            try:
                target.rename(folder)
            except OSError:
                if not folder.exists():  # made by another run meanwhile
                    raise


def uv() -> str:
    """uv, which installs the environment these tests run in."""
    found = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
    assert Path(found).exists(), "uv is not here; run `make setup`"
    return found
