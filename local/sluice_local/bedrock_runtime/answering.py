"""The emulator's own answers."""

from collections.abc import Callable, Mapping
from typing import Any

from sluice_local.bedrock_runtime.models import Model
from sluice_local.bedrock_runtime.replies import plain
from sluice_local.bedrock_runtime.scenario import Event


class Answering:
    """Answers by itself."""

    def __init__(self, cache_minimum_tokens: int, clock: Callable[[], float]) -> None:
        self._cache_minimum_tokens = cache_minimum_tokens
        self._clock = clock

    def reply(self, request: Mapping[str, Any], model: Model) -> tuple[Event, ...]:
        """Return the events of a reply."""
        return plain()
