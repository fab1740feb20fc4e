"""What `sam build` made, one folder for each architecture."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from infrastructure.expansion import PROJECT

# What is in each function and layer that is ours, and where it comes from.
SOURCES = {
    "GatewayFunction/gateway": "functions/gateway/gateway",
    "RefreshFunction/catalog_refresh": "functions/catalog_refresh/catalog_refresh",
    "RuntimeLayer/python/streaming_runtime": "layers/runtime/streaming_runtime",
    "CommonLayer/python/sluice": "layers/common/sluice",
}
FUNCTIONS = ("GatewayFunction", "RefreshFunction")
LAYERS = ("RuntimeLayer", "CommonLayer", "DependenciesLayer", "TracingLayer")

LAYERS_OF = {
    "GatewayFunction": ("RuntimeLayer", "CommonLayer", "DependenciesLayer"),
    "RefreshFunction": ("CommonLayer", "DependenciesLayer", "TracingLayer"),
}


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The build for one architecture."""

    architecture: str

    @property
    def folder(self) -> Path:
        return PROJECT / ".aws-sam" / self.architecture

    def files(self, *names: str) -> Iterator[Path]:
        """Every file of some functions and layers, or of all of them."""
        for name in names or (*FUNCTIONS, *LAYERS):
            yield from (path for path in sorted((self.folder / name).rglob("*")) if path.is_file())

    def size(self, *names: str) -> int:
        """Bytes, unzipped."""
        return sum(path.stat().st_size for path in self.files(*names))


def built_artifacts(architecture: str) -> Artifacts:
    """Return what was built; a test without it fails rather than pass unseen."""
    artifacts = Artifacts(architecture)
    if not (artifacts.folder / "template.yaml").is_file():
        pytest.fail(f"nothing was built for {architecture}: run `make build`")
    return artifacts
