"""Which Runtime API calls are in turn."""

import pytest
from sluice_local.lambda_service.errors import InvalidTransition
from sluice_local.lambda_service.runtime_state import RuntimeState, State

INVOKED = [State.READY, State.RUNNING]
ANSWERED = [*INVOKED, State.RESPONDING, State.SENT]


def state_after(moves: list[State]) -> RuntimeState:
    state = RuntimeState()
    for move in moves:
        state.move(move)
    return state


@pytest.mark.parametrize(
    "moves",
    [
        [*ANSWERED, *ANSWERED],
        [*INVOKED, State.RESPONDING_ERROR, State.SENT, State.READY],
        [State.RESTORE_READY, *ANSWERED],
        [State.RESTORE_READY, State.INIT_ERROR],
        [State.INIT_ERROR],
        [*INVOKED, State.SENT, State.READY],
    ],
)
def test_a_runtime_may_go_this_way(moves: list[State]) -> None:
    assert state_after(moves).current is moves[-1]


@pytest.mark.parametrize(
    ("moves", "refused"),
    [
        ([], State.RESPONDING),
        ([State.READY], State.RESPONDING),
        ([*INVOKED, State.RESPONDING], State.RESPONDING),
        ([*INVOKED, State.RESPONDING], State.RESPONDING_ERROR),
        ([*INVOKED, State.RESPONDING], State.READY),
        (ANSWERED, State.RESPONDING),
        (ANSWERED, State.RESPONDING_ERROR),
        (INVOKED, State.INIT_ERROR),
        ([State.INIT_ERROR], State.READY),
        (INVOKED, State.RESTORE_READY),
    ],
)
def test_a_call_out_of_turn_is_refused_and_changes_nothing(moves: list[State], refused: State) -> None:
    state = state_after(moves)
    before = state.current
    with pytest.raises(InvalidTransition, match=f"State transition from {before} to {refused} failed for runtime"):
        state.move(refused)
    assert state.current is before
