"""How Bedrock writes its models' names: prefixes of inference profiles, versions, ARNs.

https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
"""

import re

# The geographies of system-defined inference profiles.
PROFILE_PREFIXES = ("us-gov", "us", "eu", "apac", "ap", "jp", "au", "ca", "in", "global")

_PREFIX = re.compile(rf"({'|'.join(PROFILE_PREFIXES)})\.", re.ASCII | re.IGNORECASE)
# From its beginning: what stands further behind in an ARN is a name that somebody chose.
_FOUNDATION_MODEL_ARN = re.compile(r"arn:[^:]+:bedrock:[^:]*:[^:]*:foundation-model/([^/]+)")
# `:0`, `:48k`, `:0:200k`: the revision, and the context of a model for provisioned throughput.
_REVISION = re.compile(r"(:[0-9]+[a-z]?)+$", re.ASCII)
_VERSION = re.compile(r"-v[0-9]+$", re.ASCII)
_DATE = re.compile(r"-20[0-9]{6}$", re.ASCII)


def profile_prefix(model_id: str) -> str:
    """Return the geography in front of a system-defined profile's id; empty: there is none."""
    found = _PREFIX.match(model_id)
    return found[1].lower() if found else ""


def without_prefix(model_id: str) -> str:
    """Return the foundation model's id that a system-defined profile's id ends with."""
    return _PREFIX.sub("", model_id, count=1)


def without_first_revision(model_id: str) -> str:
    """Drop a trailing `:0`, which clients leave out and AWS's newer ids do not have."""
    return model_id.removesuffix(":0")


def model_of_arn(arn: str) -> str:
    """Return the foundation model's id in an ARN; empty: it is the ARN of something else."""
    found = _FOUNDATION_MODEL_ARN.fullmatch(arn)
    return found[1] if found else ""


def region_of_arn(arn: str) -> str:
    """Return the ARN's region; empty where it names none, as for the models of `global.` profiles."""
    parts = arn.split(":", 4)
    return parts[3] if len(parts) == 5 else ""


def short_names(model_id: str) -> tuple[str, ...]:
    """Return what makers call the model themselves: without provider, version and revision; then without the date.

    `anthropic.claude-opus-4-5-20251101-v1:0` is `claude-opus-4-5-20251101` and `claude-opus-4-5`.
    """
    _, dot, name = without_prefix(model_id).partition(".")
    versioned = _REVISION.sub("", name)
    dated = _VERSION.sub("", versioned)
    names = (dated, _DATE.sub("", dated))
    return tuple(dict.fromkeys(name for name in names if name and name != model_id)) if dot else ()
