from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reservation.rules.accessibility import (
    KINDS,
    Violations,
    release_time,
    sellable_kinds,
    violations,
)

START = datetime(2026, 11, 28, 21, tzinfo=UTC)
RELEASE = release_time(starts_at=START, minutes_before=60)
SECOND = timedelta(seconds=1)
BEFORE = RELEASE - SECOND

choices = st.dictionaries(st.integers(1, 40), st.sampled_from(KINDS), max_size=10)
releases = st.none() | st.integers(-5, 5).map(lambda seconds: START + seconds * SECOND)


def found(kinds, *, need=False, at=BEFORE, released_at=RELEASE):
    return violations(kinds=kinds, wheelchair_need=need, released_at=released_at, at=at)


def test_a_wheelchair_place_needs_a_stated_need():
    assert found({7: "wheelchair", 3: "wheelchair", 4: "standard"}).needs_statement == (3, 7)
    assert not found({7: "wheelchair"}, need=True)


@pytest.mark.parametrize("need", [True, False])
def test_a_companion_place_comes_with_a_wheelchair_place_of_the_same_reservation(need):
    alone = found({9: "companion", 8: "companion", 1: "standard"}, need=need)
    assert alone == Violations(companion_without_wheelchair=(8, 9))
    together = found({9: "companion", 8: "companion", 7: "wheelchair"}, need=need)
    assert together.companion_without_wheelchair == ()


def test_everything_is_released_at_the_very_instant():
    alone = {1: "wheelchair", 2: "companion"}
    assert START - timedelta(hours=1) == RELEASE
    assert found(alone, at=BEFORE)
    assert not found(alone, at=RELEASE)
    assert not found({2: "companion"}, at=RELEASE)


def test_without_a_release_places_are_kept_for_ever():
    assert found({1: "wheelchair"}, released_at=None, at=START)
    assert sellable_kinds(wheelchair_need=False, released_at=None, at=START) == {"standard"}


@given(choices, st.booleans(), releases)
def test_standard_seats_are_never_named(kinds, need, released_at):
    named = found(kinds, need=need, released_at=released_at, at=START)
    for seat in named.needs_statement + named.companion_without_wheelchair:
        assert kinds[seat] != "standard"


@given(choices, st.booleans(), releases)
def test_a_choice_with_a_wheelchair_place_is_refused_just_where_its_kinds_are_not_offered(
    kinds, need, released_at
):
    kinds = kinds | {99: "wheelchair"}
    offered = sellable_kinds(wheelchair_need=need, released_at=released_at, at=START)
    refused = found(kinds, need=need, released_at=released_at, at=START)
    assert bool(refused) == (not set(kinds.values()) <= offered)
