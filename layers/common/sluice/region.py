"""Which AWS region this process works in."""

from collections.abc import Mapping

DEFAULT_REGION = "us-east-1"


def region_of(environ: Mapping[str, str]) -> str:
    """Return `AWS_REGION`, then `AWS_DEFAULT_REGION`, then `us-east-1`; blank counts as unset."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        if value := environ.get(name, "").strip():
            return value
    return DEFAULT_REGION
