"""States and the table of legal moves between them."""

import pytest

from web_ui.jobs.idle import IDLE_MOVES
from web_ui.jobs.job import ENDED_STATES, FINAL_STATES, LEGAL_MOVES, STATES_WITH_WORKER, JobState, State


def test_every_state_has_its_moves_and_every_move_leads_to_a_state() -> None:
    assert set(LEGAL_MOVES) == set(State)
    assert all(moves <= set(State) and state not in moves for state, moves in LEGAL_MOVES.items())


def test_the_legal_moves_are_the_documented_ones() -> None:
    moves = {str(state): " ".join(sorted(targets)) for state, targets in LEGAL_MOVES.items()}
    assert moves == {
        "queued": "cancelled failed paused running",
        "running": "cancelled failed interrupted paused pausing succeeded",
        "pausing": "cancelled failed interrupted paused running succeeded",
        "paused": "cancelled queued",
        "interrupted": "cancelled failed paused queued",
        "failed": "cancelled paused queued",
        "succeeded": "",
        "cancelled": "",
    }


def test_a_runner_moves_idle_jobs_legally() -> None:
    assert all(to in LEGAL_MOVES[state] for (state, _), to in IDLE_MOVES.items())


def test_an_illegal_move_is_refused() -> None:
    for state, moves in LEGAL_MOVES.items():
        for to in set(State) - moves:
            with pytest.raises(ValueError, match="cannot move"):
                JobState(state=state).moved(to)


def test_from_every_state_a_job_can_still_end() -> None:
    for state in set(State) - ENDED_STATES:
        assert State.CANCELLED in LEGAL_MOVES[state]
    assert sorted(FINAL_STATES) == [State.CANCELLED, State.SUCCEEDED]
    assert not STATES_WITH_WORKER & ENDED_STATES
