"""Where the gateway's AWS credentials come from: the execution role's, as Lambda hands them over.

In Lambda they stand in the environment, or behind the container endpoint under SnapStart. Anything else (a profile,
IMDS, SSO) is botocore's business, which is imported only then.
"""

from collections.abc import Callable, Container, Mapping
from typing import Any

from gateway.aws.sigv4 import Credentials
from gateway.errors import InternalFailure

type CredentialSource = Callable[[], Credentials]


def credential_source(environ: Mapping[str, str]) -> CredentialSource:
    """Return a function that gives credentials that are valid now.

    It raises `InternalFailure` where the chain finds none.
    """
    access_key_id = environ.get("AWS_ACCESS_KEY_ID", "").strip()
    secret_access_key = environ.get("AWS_SECRET_ACCESS_KEY", "").strip()
    if access_key_id and secret_access_key:
        fixed = Credentials(access_key_id, secret_access_key, environ.get("AWS_SESSION_TOKEN", "").strip())
        return lambda: fixed
    return _BotocoreChain(environ.get("AWS_PROFILE", "").strip())


class _BotocoreChain:
    """botocore's own provider chain; it refreshes what expires."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._credentials: Any = None

    def __call__(self) -> Credentials:
        if self._credentials is None:
            # botocore costs more than 100 ms to import; the execution role never needs it.
            from botocore.session import Session

            session = Session()
            if self._pretends(session.available_profiles):
                session = Session(session_vars={"profile": (None, None, None, None)})
            self._credentials = session.get_credentials()
            if self._credentials is None:
                raise InternalFailure("Sluice found no AWS credentials to call Bedrock with.")
        frozen = self._credentials.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token or "")

    def _pretends(self, profiles: Container[str]) -> bool:
        """Whether the profile is OpenClaw's `AWS_PROFILE=default`, which on an instance stands for no profile."""
        return self._profile == "default" and self._profile not in profiles
