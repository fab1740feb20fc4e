"""Scenarios that any client reaches by a model id: `emulator.<name>`, through any proxy and with no side channel.

Some names carry a number at their end (`burst-5000`, `cut-at-120`). `library_names()` lists them all.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from sluice_local.bedrock_runtime.scenarios.faults import FAULTS
from sluice_local.bedrock_runtime.scenarios.refusals import REFUSALS
from sluice_local.bedrock_runtime.scenarios.replies import REPLIES
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.bedrock_runtime.scenarios.timing import NUMBERED, TIMED
from sluice_local.bedrock_runtime.schedule import Schedule, schedule_stream

_PREFIX = re.compile(r"(?:[a-z]{2,6}\.)?emulator\.(?P<name>.+)")
_NUMBER = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,5})")

_FIXED: Mapping[str, Callable[[], Scenario]] = {**REPLIES, **REFUSALS, **FAULTS, **TIMED}


def library_names() -> Sequence[str]:
    """Return the names of all scenarios; those that take a number end in `-N`."""
    return (*_FIXED, *(f"{stem}-N" for stem in NUMBERED))


def scenario_name(model_id: str) -> str | None:
    """Return the scenario that a model id asks for, or None for a model's id. A region prefix may stand before it."""
    match = _PREFIX.fullmatch(model_id)
    return match["name"] if match else None


@lru_cache(maxsize=64)
def library_scenario(name: str) -> Scenario | None:
    """Return the scenario of that name, or None."""
    if name in _FIXED:
        return _FIXED[name]()
    if (match := _NUMBER.fullmatch(name)) and match["stem"] in NUMBERED:
        return NUMBERED[match["stem"]](int(match["number"]))
    return None


@lru_cache(maxsize=64)
def library_schedule(name: str) -> Schedule:
    """Return the bytes of a scenario's Converse stream, encoded once. Raises KeyError for a name it does not have."""
    scenario = library_scenario(name)
    if scenario is None:
        raise KeyError(name)
    return schedule_stream(scenario.steps, scenario.delivery)
