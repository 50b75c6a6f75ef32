"""The table: what each step leads to, and what it must never forget."""

from __future__ import annotations

from itertools import product

import pytest

from sensor.correlate.negotiation import ORDER, TABLE, Kind, State, step

OPEN = (State.START, State.NEGOTIATE, State.CHALLENGE, State.AUTHENTICATE)
OUTCOMES = (State.SUCCESS, State.FAILED)
ENDS = (Kind.ENDED, Kind.RESET, Kind.LOST, Kind.UNTOLD)


def walk(*kinds: Kind) -> State:
    state = State.START
    for kind in kinds:
        state, _ = step(state, kind)
    return state


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((Kind.NEGOTIATE,), State.NEGOTIATE),
        ((Kind.NEGOTIATE, Kind.NEGOTIATE), State.NEGOTIATE),
        ((Kind.NEGOTIATE, Kind.CHALLENGE), State.CHALLENGE),
        ((Kind.NEGOTIATE, Kind.CHALLENGE, Kind.AUTHENTICATE), State.AUTHENTICATE),
        (
            (Kind.NEGOTIATE, Kind.CHALLENGE, Kind.AUTHENTICATE, Kind.SUCCESS),
            State.SUCCESS,
        ),
        (
            (Kind.NEGOTIATE, Kind.CHALLENGE, Kind.AUTHENTICATE, Kind.FAILED),
            State.FAILED,
        ),
        ((Kind.CHALLENGE, Kind.NEGOTIATE), State.CHALLENGE),
        ((Kind.AUTHENTICATE, Kind.CHALLENGE), State.AUTHENTICATE),
        ((Kind.CHALLENGE, Kind.SUCCESS, Kind.AUTHENTICATE), State.SUCCESS),
        ((Kind.FAILED, Kind.NEGOTIATE, Kind.AUTHENTICATE), State.FAILED),
        ((Kind.AUTHENTICATE, Kind.UNTOLD), State.UNKNOWN),
        ((Kind.CHALLENGE, Kind.UNTOLD), State.INCOMPLETE),
    ],
)
def test_a_walk_through_the_table(kinds: tuple[Kind, ...], state: State) -> None:
    assert walk(*kinds) == state


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize(
    ("kind", "after"),
    [
        (Kind.ENDED, State.INCOMPLETE),
        (Kind.RESET, State.RESET),
        (Kind.LOST, State.PARTIAL),
    ],
)
def test_an_end_before_the_outcome_says_which(
    state: State, kind: Kind, after: State
) -> None:
    assert step(state, kind) == (after, True)


@pytest.mark.parametrize(("state", "kind"), list(product(OUTCOMES, Kind)))
def test_nothing_changes_an_outcome(state: State, kind: Kind) -> None:
    assert step(state, kind)[0] == state


@pytest.mark.parametrize(("state", "kind"), list(product(OPEN, Kind)))
def test_while_open_only_a_message_that_came_already_is_out_of_order(
    state: State, kind: Kind
) -> None:
    is_repeated = state.value == kind.value and kind is not Kind.NEGOTIATE

    assert ((state, kind) in TABLE) == (not is_repeated)


@pytest.mark.parametrize(("state", "kind"), list(product(State, Kind)))
def test_what_is_not_in_the_table_changes_nothing_and_says_so(
    state: State, kind: Kind
) -> None:
    if (state, kind) not in TABLE:
        assert step(state, kind) == (state, False)


def test_a_second_outcome_is_out_of_order() -> None:
    assert step(State.SUCCESS, Kind.FAILED) == (State.SUCCESS, False)


def test_late_messages_never_lead_back() -> None:
    rank = {state: place for place, state in enumerate(OPEN)}
    for (state, _), after in TABLE.items():
        if state in rank and after in rank:
            assert rank[after] >= rank[state]


def test_messages_have_an_order_and_ends_have_none() -> None:
    assert set(ORDER) == set(Kind) - set(ENDS)
