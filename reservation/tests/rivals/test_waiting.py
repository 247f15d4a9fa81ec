"""Who is offered seats that came back, and rivals for them."""

from functools import partial

import pytest

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, claims, errors, line, waiting_list
from reservation.models import PlaceInLine
from reservation.tests.factories import held
from reservation.tests.rivals.scene import (
    CANCELLED,
    CONFIRMED,
    HELD,
    INSERTED,
    NOW,
    SHOW_LOCKED,
    one_writer_at_a_time,
    state_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

LOOKED_WHOSE_TURN = Moment(line, "turns", after=True)
while_offering = at(SHOW_LOCKED, LOOKED_WHOSE_TURN, INSERTED, BEFORE_COMMIT)
while_joining = at(SHOW_LOCKED, Moment(claims, "occupied", after=True), BEFORE_COMMIT)


@pytest.fixture
def waiting(owner, stranger, show, seats):
    """The owner waits for two seats; the stranger, who had all three, has just given them back."""
    had = held(stranger, show, seats, at=NOW)
    place = waiting_list.join(user_id=owner.pk, show_id=show.pk, seats=2, at=NOW)
    booking.cancel(reservation_id=had.pk, at=NOW)
    return place


def offer_of(place):
    return PlaceInLine.objects.get(pk=place.pk).offer


@while_offering
def test_offers_are_made_once_by_two_workers(show, waiting, let_in, moment):
    rival = let_in(moment, partial(waiting_list.make_offers, show_id=show.pk, at=NOW))
    assert waiting_list.make_offers(show_id=show.pk, at=NOW) == 1
    assert rival.outcome == 0
    assert rival.waited


@while_offering
def test_what_is_being_offered_is_nobody_else_s(show, seats, stranger, waiting, let_in, moment):
    rival = let_in(moment, partial(held, stranger, show, seats, at=NOW))
    waiting_list.make_offers(show_id=show.pk, at=NOW)
    assert isinstance(rival.outcome, errors.SeatsTaken)
    assert len(rival.outcome.facts["seats"]) == 2
    assert rival.waited


@while_offering
def test_who_leaves_meanwhile_leaves_the_offer(show, waiting, let_in, moment):
    rival = let_in(moment, partial(waiting_list.leave, place_id=waiting.pk, at=NOW))
    waiting_list.make_offers(show_id=show.pk, at=NOW)
    assert rival.outcome is None
    assert state_of(offer_of(waiting)) == CANCELLED
    assert rival.waited


@at(SHOW_LOCKED, BEFORE_COMMIT)
def test_who_leaves_first_is_offered_nothing(show, waiting, let_in, moment):
    rival = let_in(moment, partial(waiting_list.make_offers, show_id=show.pk, at=NOW))
    waiting_list.leave(place_id=waiting.pk, at=NOW)
    assert rival.outcome == 0
    assert rival.waited


@while_joining
def test_seats_that_come_back_while_somebody_joins_are_theirs(
    show, seats, owner, stranger, let_in, moment
):
    had = held(stranger, show, seats, at=NOW)
    rival = let_in(moment, partial(booking.cancel, reservation_id=had.pk, at=NOW))
    place = waiting_list.join(user_id=owner.pk, show_id=show.pk, seats=2, at=NOW)
    assert rival.outcome.state == CANCELLED
    assert waiting_list.make_offers(show_id=show.pk, at=NOW) == 1
    assert state_of(offer_of(place)) == HELD


def test_who_pays_for_an_offer_at_the_instant_of_leaving_it_keeps_it(show, waiting, let_in):
    waiting_list.make_offers(show_id=show.pk, at=NOW)
    offer = offer_of(waiting)
    rival = let_in(BEFORE_COMMIT, partial(waiting_list.leave, place_id=waiting.pk, at=NOW))
    booking.confirm(reservation_id=offer.pk, at=NOW)
    assert rival.outcome is None
    assert state_of(offer) == CONFIRMED
    assert rival.waited


@pytest.mark.skipif(one_writer_at_a_time(), reason="nobody gets in between")
def test_who_declines_what_was_just_offered_stands_in_nobody_s_way(
    show, waiting, let_in, monkeypatch
):
    stale = PlaceInLine.objects.get(pk=waiting.pk)
    waiting_list.make_offers(show_id=show.pk, at=NOW)
    offer = offer_of(waiting)
    monkeypatch.setattr(PlaceInLine.objects, "get", lambda **_: stale)
    # Locks the reservation, then the show, as everybody does.
    rival = let_in(
        Moment(waiting_list, "_decline"), partial(booking.confirm, reservation_id=offer.pk, at=NOW)
    )
    waiting_list.leave(place_id=waiting.pk, at=NOW)
    assert rival.outcome.state == CONFIRMED
    assert not rival.waited
    assert state_of(offer) == CONFIRMED
