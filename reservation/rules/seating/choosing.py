"""The cheapest choice of seats in a few parts that leaves nobody lonely, found exactly.

One walk along the line of free spots. All that matters of the choices made so far is how
many seats and parts they have and what is on the left of the next spot, so of those that
agree in this only the cheapest is kept: the work grows with spots × seats × parts.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reservation.rules.seating.places import Spot, together

# What is on the left: a border, one free seat after a border or a taken one, a free seat
# that has company, or a seat of the choice.
BORDER, SINGLE, COMPANY, TAKEN = range(4)


class Choice(NamedTuple):
    """Indices of spots in line, and their cost. Compared by cost, then by where they stand."""

    cost: int
    indices: tuple[int, ...]


class _State(NamedTuple):
    seats: int
    parts: int
    left: int


def cheapest(spots: Sequence[Spot], *, count: int, parts: int, tidy: bool) -> Choice | None:
    """The cheapest wanted `count` spots in at most so many parts; None if there are none.

    A part is a run of neighbours. A tidy choice leaves no seat lonely. Of equally cheap
    ones the first in line is taken. `spots` are whole rows.
    """
    states = {_State(0, 0, BORDER): Choice(0, ())}
    for index, spot in enumerate(spots):
        if not spot.joined:
            states = _at_border(states, tidy=tidy)
        after: dict[_State, Choice] = {}
        for state, choice in states.items():
            for next_state, extra in _steps(spots, index, state, tidy=tidy):
                if next_state.seats <= count and next_state.parts <= parts:
                    _keep(after, next_state, _extended(choice, extra, spot.cost))
        states = after
    done = _at_border(states, tidy=tidy)
    return min((choice for state, choice in done.items() if state.seats == count), default=None)


def _extended(choice: Choice, extra: tuple[int, ...], cost: int) -> Choice:
    return Choice(choice.cost + cost, choice.indices + extra) if extra else choice


def _keep(states: dict[_State, Choice], state: _State, choice: Choice) -> None:
    if state not in states or choice < states[state]:
        states[state] = choice


def _at_border(states: dict[_State, Choice], *, tidy: bool) -> dict[_State, Choice]:
    after: dict[_State, Choice] = {}
    for state, choice in states.items():
        if not (tidy and state.left == SINGLE):
            _keep(after, state._replace(left=BORDER), choice)
    return after


def _steps(
    spots: Sequence[Spot], index: int, state: _State, *, tidy: bool
) -> Iterator[tuple[_State, tuple[int, ...]]]:
    """Leaving the spot, and taking it, where that leaves nobody lonely on its left."""
    seats, parts, left = state
    spot = spots[index]
    leaves_single = tidy and left == SINGLE
    if spot.is_open or not leaves_single:
        yield _State(seats, parts, _left_free(spots, index, left)), ()
    if spot.wanted and not leaves_single:
        yield _State(seats + 1, parts + (left != TAKEN), TAKEN), (index,)


def _left_free(spots: Sequence[Spot], index: int, left: int) -> int:
    if not spots[index].is_open:
        return BORDER
    if left in (SINGLE, COMPANY):
        return COMPANY
    # Who was alone before is not made lonely now.
    had_company = together(spots, index - 1, index) or together(spots, index, index + 1)
    return SINGLE if had_company else COMPANY
