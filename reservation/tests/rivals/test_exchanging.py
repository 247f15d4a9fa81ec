"""Seats change places for others, and a rival comes in between."""

from datetime import timedelta
from functools import partial

import pytest

from cinema_reservation.tests.racing import at_once
from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, errors, exchanging, programme, replacements
from reservation.choosing import Wish
from reservation.models import Exchange, Reservation, Ticket
from reservation.sale import SeatChoice
from reservation.tests.factories import confirmed, held, show_with_seats
from reservation.tests.rivals.scene import (
    CANCELLED,
    CONFIRMED,
    DAY,
    INSERTED,
    INSTANT,
    LOCKED,
    LOOKED_FOR_RIVALS,
    NOW,
    SHOW_LOCKED,
    owners_of,
    state_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

PLACES_CHANGED = Moment(replacements, "change_places", after=True)
REPLACEMENT_LOCKED = Moment(replacements, "waiting_for", after=True)

while_exchanging = at(SHOW_LOCKED, LOOKED_FOR_RIVALS, INSERTED, PLACES_CHANGED, BEFORE_COMMIT)
while_locked = at(LOCKED, SHOW_LOCKED, INSERTED, BEFORE_COMMIT)
while_making = at(LOCKED, REPLACEMENT_LOCKED, SHOW_LOCKED, PLACES_CHANGED, BEFORE_COMMIT)
while_taking_back = at(SHOW_LOCKED, LOOKED_FOR_RIVALS, PLACES_CHANGED, BEFORE_COMMIT)


def exchange(reservation, seats, *, show=None):
    return exchanging.exchange(
        reservation_id=reservation.pk,
        wish=Wish([SeatChoice(seat.pk) for seat in seats]),
        show_id=show.pk if show else None,
        at=NOW,
    )


@pytest.fixture
def waiting(paid, seats):
    """All three of the seats, for 12.50 more."""
    return exchange(paid, seats)


@pytest.fixture
def make(waiting):
    return partial(exchanging.make, exchange_id=waiting.pk, at=NOW)


@pytest.fixture
def make_late(waiting):
    """At the first instant at which nothing is held for it any more."""
    at = waiting.replacement.expires_at
    return partial(exchanging.make, exchange_id=waiting.pk, at=at)


@while_exchanging
class TestExchanging:
    def test_lets_nobody_have_the_new_seats(self, paid, show, seats, stranger, let_in, moment):
        rival = let_in(moment, partial(held, stranger, show, seats[2:], at=NOW))
        exchange(paid, seats[1:])
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert owners_of(seats) == [None, paid, paid]
        assert rival.waited

    def test_lets_the_next_one_have_the_old_seats(
        self, paid, show, seats, stranger, let_in, moment
    ):
        rival = let_in(moment, partial(held, stranger, show, seats[:1], at=NOW))
        exchange(paid, seats[1:])
        theirs = rival.outcome
        assert owners_of(seats) == [theirs, paid, paid]
        assert rival.waited


@while_locked
class TestAsking:
    def test_makes_who_cancels_wait_and_then_cancel_all(self, paid, seats, let_in, moment):
        rival = let_in(moment, partial(booking.cancel, reservation_id=paid.pk, at=NOW))
        exchange(paid, seats)
        assert rival.outcome.state == CANCELLED
        assert owners_of(seats) == [None, None, None]
        assert Exchange.objects.get().state == "dropped"
        assert rival.waited

    def test_makes_who_asks_for_others_wait_and_take_its_place(self, paid, seats, let_in, moment):
        rival = let_in(moment, partial(exchange, paid, seats[1:]))
        first = exchange(paid, seats)
        assert rival.outcome.state == "made"
        first.refresh_from_db()
        assert first.state == "dropped"
        assert owners_of(seats) == [None, paid, paid]
        assert rival.waited


@while_making
class TestMaking:
    def test_is_followed_by_who_cancels(self, make, paid, seats, let_in, moment):
        rival = let_in(moment, partial(booking.cancel, reservation_id=paid.pk, at=NOW))
        make()
        assert rival.outcome.total == 3750
        assert (state_of(paid), owners_of(seats)) == (CANCELLED, [None, None, None])
        assert rival.waited

    def test_is_not_undone_by_who_drops_it(self, make, paid, seats, let_in, moment):
        rival = let_in(moment, partial(exchanging.drop, reservation_id=paid.pk, at=NOW))
        make()
        assert owners_of(seats) == [paid, paid, paid]
        assert rival.waited

    def test_happens_once(self, make, paid, seats, let_in, moment):
        rival = let_in(moment, make)
        make()
        assert isinstance(rival.outcome, errors.ExchangeLapsed)
        assert owners_of(seats) == [paid, paid, paid]
        assert rival.waited


@at(REPLACEMENT_LOCKED, SHOW_LOCKED, PLACES_CHANGED, BEFORE_COMMIT)
class TestMakingLate:
    def test_leaves_the_worker_nothing_to_tidy_up(
        self, make_late, waiting, paid, seats, let_in, moment
    ):
        expire = partial(
            booking.expire,
            reservation_id=waiting.replacement_id,
            at=waiting.replacement.expires_at,
        )
        rival = let_in(moment, expire)
        make_late()
        assert rival.outcome is False
        assert owners_of(seats) == [paid, paid, paid]
        assert rival.waited


@at(SHOW_LOCKED, PLACES_CHANGED, BEFORE_COMMIT)
class TestMakingWhileOthersLook:
    def test_lets_nobody_have_what_it_takes_back(
        self, make_late, waiting, paid, show, seats, stranger, let_in, moment
    ):
        late = waiting.replacement.expires_at
        rival = let_in(moment, partial(held, stranger, show, seats[2:], at=late))
        make_late()
        assert isinstance(rival.outcome, errors.SeatsTaken)
        assert owners_of(seats) == [paid, paid, paid]
        assert rival.waited

    def test_is_followed_by_who_cancels_the_show(self, make, paid, show, seats, let_in, moment):
        rival = let_in(moment, partial(programme.cancel, show_id=show.pk, at=NOW))
        make()
        assert rival.outcome.is_cancelled
        assert owners_of(seats) == [paid, paid, paid]
        assert list(Reservation.objects.of_cancelled_shows()) == [paid]
        assert rival.waited


@at(SHOW_LOCKED, BEFORE_COMMIT)
def test_holding_what_just_died_leaves_the_late_exchange_without(
    make_late, waiting, paid, show, seats, stranger, let_in, moment
):
    late = waiting.replacement.expires_at
    rival = let_in(moment, make_late)
    theirs = held(stranger, show, seats[2:], at=late)
    assert isinstance(rival.outcome, errors.SeatsTaken)
    assert owners_of(seats) == [paid, paid, theirs]
    assert rival.waited


def test_two_who_swap_shows_with_each_other_do_not_wait_for_each_other(
    paid, show, seats, stranger
):
    """Each locks the show that the other comes from: in one order, or in a deadlock."""
    other, others = show_with_seats(3, starts_at=NOW + 2 * DAY)
    theirs = confirmed(stranger, other, others[1:], at=NOW)
    for mine_to, theirs_to in (
        ((other, others), (show, seats)),
        ((show, seats), (other, others)),
    ) * 2:
        tasks = [
            partial(exchange, paid, mine_to[1][:1], show=mine_to[0]),
            partial(exchange, theirs, theirs_to[1][2:], show=theirs_to[0]),
        ]
        outcomes = at_once(tasks)
        assert all(isinstance(outcome, Exchange) for outcome in outcomes), outcomes
    assert (state_of(paid), state_of(theirs)) == (CONFIRMED, CONFIRMED)
    assert Ticket.objects.live().count() == 2


def test_many_at_once_leave_one_with_what_was_asked_for(paid, seats):
    wishes = (seats[1:], seats[::2], seats[:2]) * 4
    outcomes = at_once([partial(exchange, paid, wish) for wish in wishes])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert owners_of(seats).count(paid) == 2


def test_control_of_an_instant(waiting):
    """What is late above is late by nothing."""
    assert waiting.is_living_at(waiting.replacement.expires_at - INSTANT)
    assert not waiting.is_living_at(waiting.replacement.expires_at + timedelta(0))
