"""Whether there are AWS credentials, and where they come from: OpenClaw's order, and then whatever the SDK finds."""

from collections.abc import Callable, Container, Mapping, MutableMapping

# What counts as a sign of credentials, in the order in which it counts.
_MARKERS = (
    ("AWS_BEARER_TOKEN_BEDROCK",),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_PROFILE",),
)
DEFAULT_CHAIN = "aws-sdk default chain"


def credential_source(environ: Mapping[str, str], chain_has_credentials: Callable[[], bool]) -> str | None:
    """Return where the credentials come from, in OpenClaw's words; None: there are none.

    The SDK's chain is asked last and only if need be, since it may wait for an instance's metadata service. OpenClaw
    does not ask it, which is why an EC2 role needs `AWS_PROFILE=default` there, and not here.
    """
    for names in _MARKERS:
        if all(environ.get(name, "").strip() for name in names):
            return f"env: {' + '.join(names)}"
    return DEFAULT_CHAIN if chain_has_credentials() else None


def drop_pretended_profile(environ: MutableMapping[str, str], profiles: Callable[[], Container[str]]) -> None:
    """Unset OpenClaw's `AWS_PROFILE=default` where there is no such profile.

    It only pretends, so that OpenClaw goes on to an instance's role; to the SDK it is a mistake. `profiles` gives those
    of the shared configuration.
    """
    if environ.get("AWS_PROFILE", "").strip() == "default" and "default" not in profiles():
        del environ["AWS_PROFILE"]


def drop_blank_variables(environ: MutableMapping[str, str]) -> None:
    """Unset AWS's variables that hold only blanks: the SDK would take them for values."""
    for name in [name for name, value in environ.items() if name.startswith("AWS_") and not value.strip()]:
        del environ[name]
