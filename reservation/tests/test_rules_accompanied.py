"""Wheelchair places and seats for those who come along."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules import seating
from reservation.rules.accessibility import COMPANION, STANDARD, WHEELCHAIR
from reservation.rules.seating import Place

KINDS = {"w": WHEELCHAIR, "c": COMPANION, "s": STANDARD, "v": STANDARD}


def hall(*rows):
    """Letters are places, `v` of another category; points are floor. Ids count from 1."""
    spots = [(x, y, kind) for y, row in enumerate(rows) for x, kind in enumerate(row)]
    return [
        Place(id=number, x=x, y=y, kind=KINDS[kind], category="v" if kind == "v" else "s")
        for number, (x, y, kind) in enumerate(
            ((x, y, kind) for x, y, kind in spots if kind in KINDS), start=1
        )
    ]


@pytest.mark.parametrize(
    ("rows", "taken", "wish", "found"),
    [
        (["wcss"], [], (2, 1), (1, 2)),
        (["wcss"], [2], (2, 1), (1, 3)),
        (["wcss", "sssw"], [2, 3], (2, 1), (7, 8)),
        (["swc."], [], (2, 1), (2, 3)),  # a companion's place before another as near
        (["scw."], [], (2, 1), (2, 3)),
        (["wcss.wcw"], [], (3, 2), (5, 6, 7)),
        (["wwss"], [], (2, 2), (1, 2)),
        (["wcss"], [], (1, 1), (1,)),
        (["wcss"], [1], (2, 1), None),
        (["wcss"], [], (3, 2), None),
        (["wc"], [], (3, 1), None),
        (["wvs."], [], (2, 1), (1, 2)),
        (["ssss"], [], (1, 1), None),
    ],
)
def test_are_the_nearest(rows, taken, wish, found):
    seats, wheelchairs = wish
    assert seating.around_wheelchairs(hall(*rows), taken, seats, wheelchairs=wheelchairs) == found


def test_are_of_the_category_that_is_asked_for():
    places = hall("wvcs")
    assert seating.around_wheelchairs(places, [], 2, wheelchairs=1, category="s") == (1, 3)
    assert seating.around_wheelchairs(places, [], 2, wheelchairs=1, category="v") is None


@given(
    rows=st.lists(st.text("wcsv.", min_size=1, max_size=9), min_size=1, max_size=4),
    seats=st.integers(1, 5),
    wheelchairs=st.integers(1, 5),
    luck=st.randoms(use_true_random=False),
)
def test_are_free_and_as_many_as_asked_for_whenever_there_are_so_many(
    rows, seats, wheelchairs, luck
):
    wheelchairs = min(seats, wheelchairs)
    places = hall(*rows)
    taken = {place.id for place in places if luck.random() < 0.3}
    found = seating.around_wheelchairs(places, taken, seats, wheelchairs=wheelchairs)
    free = {place.id: place.kind for place in places if place.id not in taken}
    chairs = sum(kind == WHEELCHAIR for kind in free.values())
    enough = chairs >= wheelchairs and len(free) - chairs >= seats - wheelchairs
    assert (found is not None) == enough
    if found is not None:
        assert len(set(found)) == len(found) == seats
        assert sum(free[pk] == WHEELCHAIR for pk in found) == wheelchairs
        shuffled = random.Random(1).sample(places, len(places))
        assert found == seating.around_wheelchairs(shuffled, taken, seats, wheelchairs=wheelchairs)
