"""Native requests: the body is forwarded as it came, and so are the headers that Bedrock knows."""

import re
from collections.abc import Mapping

from gateway.errors import InvalidRequest

# What a client may set on Bedrock's operations. Its credentials, its signature and its tracing stay with us.
_FORWARDED_PREFIX = "x-amzn-bedrock-"
_FORWARDED = frozenset({"accept", "content-type"})


# Nothing that could end a header line and begin another, and nothing that HTTP and the signature encode differently.
_NAME = re.compile(r"[a-z0-9-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the client's headers that go on to Bedrock.

    Raises:
        InvalidRequest: one of them cannot be sent.
    """
    forwarded = {
        name: value for name, value in headers.items() if name in _FORWARDED or name.startswith(_FORWARDED_PREFIX)
    }
    for name, value in forwarded.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise InvalidRequest(f"The header {name[:80]!r} holds characters that cannot be sent to Bedrock.")
    return forwarded
