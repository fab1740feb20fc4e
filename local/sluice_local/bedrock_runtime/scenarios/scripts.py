"""The queue of scripted answers: each waits for the next call that it fits."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from sluice_local.bedrock_runtime.scenarios.scenario import Scenario
from sluice_local.bedrock_runtime.service_model import Operation


@dataclass(slots=True)
class _Queued:
    scenario: Scenario
    operation: Operation | None
    model: str
    left: int


class Scripts:
    """Scenarios in the order they were added; a call takes the first one that fits it."""

    def __init__(self) -> None:
        self._queue: list[_Queued] = []

    def add(self, scenario: Scenario, *, times: int = 1, operation: Operation | None = None, model: str = "*") -> None:
        """Queue a scenario for so many calls, of one operation or any, of models whose id fits a pattern (`us.*`)."""
        self._queue.append(_Queued(scenario, operation, model, times))

    def take(self, operation: Operation, model_id: str) -> Scenario | None:
        """Return the scenario for a call and count it as used, or None where the emulator is to answer by itself."""
        for queued in self._queue:
            if queued.operation in (None, operation) and fnmatchcase(model_id, queued.model):
                queued.left -= 1
                if not queued.left:
                    self._queue.remove(queued)
                return queued.scenario
        return None

    def clear(self) -> None:
        """Forget what is still waiting."""
        self._queue.clear()

    def __len__(self) -> int:
        return sum(queued.left for queued in self._queue)
