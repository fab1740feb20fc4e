"""The function's event → what is asked of one run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RequestError(Exception):
    """The event asks for something that makes no sense; the message names the member."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of one run. `owner` is the run's id; `force` believes an implausible listing.

    `dry_run` writes nothing and says what would change.
    """

    owner: str
    force: bool = False
    dry_run: bool = False


def read_request(event: Mapping[str, Any], owner: str) -> Request:
    """Read the event. Members that are not known are the scheduler's, or whoever else invokes the function.

    Raises:
        RequestError: one is not true or false. A dry run that was meant must not become a real one.
    """
    return Request(owner, force=_is_true(event, "force"), dry_run=_is_true(event, "dry_run"))


def _is_true(event: Mapping[str, Any], name: str) -> bool:
    value = event.get(name, False)
    if not isinstance(value, bool):
        raise RequestError(f"{name} is {value!r}; it must be true or false")
    return value
