"""Times as operators write and read them. Pure; a time is epoch seconds, and everything is UTC."""

import re
from datetime import UTC, date, datetime

from sluice.access_items import day_of

_DURATION = re.compile(r"([0-9]{1,5})([mhdw])", re.ASCII)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def duration(text: str) -> int:
    """Read `90m`, `24h`, `30d`, `2w` or `0` as seconds.

    Raises:
        ValueError: it is none of these.
    """
    if text == "0":
        return 0
    if match := _DURATION.fullmatch(text):
        return int(match[1]) * _SECONDS[match[2]]
    raise ValueError(f"{text!r} is no duration; write it like 90m, 24h, 30d or 2w")


def later(text: str, now: float) -> int:
    """Read a time to come: a duration from now, a date (its first moment), or a time in ISO 8601.

    A time without a zone is one of UTC.

    Raises:
        ValueError: it is none of these, or not to come.
    """
    moment = int(now) + duration(text) if _DURATION.fullmatch(text) else _iso(text)
    if moment <= now:
        raise ValueError(f"{text!r} is not in the future")
    return moment


def past_day(text: str, now: float) -> str:
    """Read a day of UTC as `2026-11-29`: a date, or how long ago it is.

    Raises:
        ValueError: it is none of these.
    """
    if _DURATION.fullmatch(text):
        return day_of(max(0, now - duration(text)))
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a date like 2026-11-29 nor a time ago like 7d") from error


def minute(seconds: int) -> str:
    """Write a time for people: `2026-11-29 14:05`."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def iso(seconds: int) -> str | None:
    """Write a time for programs: `2026-11-29T14:05:00Z`; 0 is None, never."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}" if seconds else None


def _iso(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a duration like 30d, nor a date, nor a time in ISO 8601") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
