"""The heads of answers, as bytes. (h11 takes fifty microseconds for one, which a relay's first byte would feel.)"""

import re
from collections.abc import Iterable
from http import HTTPStatus

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_FIELD = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+: [^\x00-\x08\x0a-\x1f\x7f]*")


def response_head(status: int, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return status line and header fields. Raises ValueError for a field that would break the framing."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}"]
    for name, value in fields:
        line = f"{name}: {value}"
        if not _FIELD.fullmatch(line):
            raise ValueError(f"{line!r} cannot be sent as a header")
        lines.append(line)
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


def header_tokens(headers: Iterable[tuple[str, str]], name: str) -> set[str]:
    """Return the comma-separated values of all headers of that name (in lower case), in lower case."""
    values = ",".join(value for known, value in headers if known.lower() == name)
    return {token.strip().lower() for token in values.split(",") if token.strip()}
