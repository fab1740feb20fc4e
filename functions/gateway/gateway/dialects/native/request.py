"""Native requests: the body is forwarded as it came, and so are the headers that Bedrock knows."""

from collections.abc import Mapping

# What a client may set on Bedrock's operations. Its credentials, its signature and its tracing stay with us.
_FORWARDED_PREFIX = "x-amzn-bedrock-"
_FORWARDED = frozenset({"accept", "content-type"})


def forwarded_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the client's headers that go on to Bedrock."""
    return {name: value for name, value in headers.items() if name in _FORWARDED or name.startswith(_FORWARDED_PREFIX)}
