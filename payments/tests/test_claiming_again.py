"""Seats taken back for a late payment: with its confirmation, or not at all."""

import pytest

from payments import checkout
from payments.tests.books import assert_settled
from payments.tests.moments import HOUR, NOW
from payments.tests.rows import state_of
from reservation import booking, mail
from reservation.models import ReservationState, Ticket
from reservation.tests.factories import held

pytestmark = pytest.mark.django_db

LATE = NOW + 2 * HOUR


@pytest.fixture
def late(stripe, reservation, page):
    """A page that was paid, of which we hear after its hold was tidied up."""
    stripe.pay(page.session_id)
    booking.expire(reservation_id=reservation.pk, at=LATE)
    return page


def test_a_crash_before_the_confirmation_is_written_leaves_the_seats_free(
    stripe, reservation, late, monkeypatch
):
    class Crash(Exception):
        pass

    def crash(_):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(mail, "tell_confirmed", crash)
        with pytest.raises(Crash):
            booking.confirm(reservation_id=reservation.pk, at=LATE)
    assert not Ticket.objects.live().exists()
    assert state_of(reservation) == ReservationState.EXPIRED
    checkout.sync(late.session_id, at=LATE)
    assert state_of(reservation) == ReservationState.CONFIRMED
    assert_settled(stripe, reservation)


def test_one_seat_that_is_another_s_by_now_leaves_the_other_free(
    stripe, reservation, late, stranger, place
):
    show, seats = place
    theirs = held(stranger, show, seats[1:], at=LATE)
    checkout.sync(late.session_id, at=LATE)
    assert list(Ticket.objects.live()) == list(theirs.tickets.all())
    assert_settled(stripe, reservation)


def test_what_a_dead_hold_has_left_behind_is_taken(stripe, reservation, late, stranger, place):
    dead = held(stranger, *place, at=LATE)
    checkout.sync(late.session_id, at=dead.expires_at)
    assert state_of(reservation) == ReservationState.CONFIRMED
    assert set(Ticket.objects.live()) == set(reservation.tickets.all())
    assert_settled(stripe, reservation)
