"""Which AWS region this process works in, and what a region's name looks like."""

import re
from collections.abc import Mapping

DEFAULT_REGION = "us-east-1"

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", re.ASCII)


def is_region(name: str) -> bool:
    """Tell whether a name could be a region's: AWS makes new ones."""
    return _REGION.fullmatch(name) is not None


def region_of(environ: Mapping[str, str]) -> str:
    """Return `AWS_REGION`, then `AWS_DEFAULT_REGION`, then `us-east-1`; blank counts as unset."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := environ.get(name, "").strip():
            return value
    return DEFAULT_REGION
