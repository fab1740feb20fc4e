"""CORS, off unless origins are configured."""

import re
from collections.abc import Mapping, Sequence

from gateway.messages import Response

_METHODS = "GET, POST, OPTIONS"
# All of them, also Bedrock's own of tomorrow: no page of another origin can send cookies along, which would forbid `*`.
_EXPOSED = "*"
_MAX_AGE_SECONDS = "7200"
# A list of header names; anything else is not sent back.
_NAMES = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z, ]{1,1000}")


def cors_headers(allowed: Sequence[str], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that let a browser page of an allowed origin read the answer."""
    # Of refused ones too: a cache must not hand their answer to an origin that is allowed.
    vary = {"vary": "origin"} if allowed else {}
    if not _is_allowed(allowed, headers):
        return vary
    return {
        "access-control-allow-origin": "*" if "*" in allowed else headers["origin"],
        "access-control-expose-headers": _EXPOSED,
        **vary,
    }


def preflight(allowed: Sequence[str], headers: Mapping[str, str]) -> Response:
    """Answer OPTIONS, which carries no key. A short text rather than 204: an empty streamed body would hang."""
    wanted = headers.get("access-control-request-headers", "*")
    granted = {
        "content-type": "text/plain",
        "access-control-allow-methods": _METHODS,
        "access-control-allow-headers": wanted if _NAMES.fullmatch(wanted) else "*",
        "access-control-max-age": _MAX_AGE_SECONDS,
    }
    is_allowed = _is_allowed(allowed, headers)
    return Response(200, granted if is_allowed else {"content-type": "text/plain"}, (b"ok\n",))


def _is_allowed(allowed: Sequence[str], headers: Mapping[str, str]) -> bool:
    origin = headers.get("origin", "")
    return bool(origin) and ("*" in allowed or origin.rstrip("/") in allowed)
