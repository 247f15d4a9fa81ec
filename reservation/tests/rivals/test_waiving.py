"""Staff give up money that is due, and somebody changes what is due in between."""

from functools import partial

import pytest

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, waivers
from reservation.models import Reservation, Waiver
from reservation.tests.rivals.scene import (
    CANCELLED,
    CONFIRMED,
    INSTANT,
    LOCKED,
    NOW,
    while_ending,
    while_keeping,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]

while_waiving = at(LOCKED, Moment(waivers, "waivable", after=True), BEFORE_COMMIT)


def waive(reservation, amount):
    return waivers.waive(
        reservation_id=reservation.pk, amount=amount, reason="Cold", staff_id=None, at=NOW
    )


def cancel_late(reservation):
    """For all that was paid."""
    last = reservation.showtime.starts_at - INSTANT
    return booking.cancel(reservation_id=reservation.pk, at=last)


def assert_stands(reservation, *, state, waived, due):
    row = Reservation.objects.get(pk=reservation.pk)
    assert (row.state, row.waived, row.amount_due) == (state, waived, due)
    given = Waiver.objects.filter(reservation=row).values_list("amount", flat=True)
    assert sum(given) == waived
    assert row.settle_after is not None


@while_waiving
class TestWaiving:
    def test_gives_up_no_more_than_is_due_to_two_of_staff(self, paid, let_in, moment):
        rival = let_in(moment, partial(waive, paid, 2000))
        waive(paid, 2000)
        assert isinstance(rival.outcome, waivers.NothingToWaive)
        assert "5.00 USD" in str(rival.outcome)
        assert_stands(paid, state=CONFIRMED, waived=2000, due=500)
        assert rival.waited

    def test_adds_up_what_two_of_staff_give_up(self, paid, let_in, moment):
        rival = let_in(moment, partial(waive, paid, 700))
        waive(paid, 1000)
        assert rival.outcome.amount == 700
        assert_stands(paid, state=CONFIRMED, waived=1700, due=800)
        assert rival.waited

    def test_comes_off_the_fee_of_who_cancels_meanwhile(self, paid, let_in, moment):
        rival = let_in(moment, partial(cancel_late, paid))
        waive(paid, 1000)
        assert (rival.outcome.cancellation_fee, rival.outcome.waived) == (2500, 1000)
        assert_stands(paid, state=CANCELLED, waived=1000, due=1500)
        assert rival.waited


@while_ending
class TestCancelling:
    def test_for_a_fee_leaves_staff_that_much_to_give_up(self, paid, let_in, moment):
        rival = let_in(moment, partial(waive, paid, 1000))
        cancel_late(paid)
        assert rival.outcome.amount == 1000
        assert_stands(paid, state=CANCELLED, waived=1000, due=1500)
        assert rival.waited

    def test_by_the_house_leaves_staff_nothing_to_give_up(self, paid, let_in, moment):
        rival = let_in(moment, partial(waive, paid, 1000))
        booking.cancel_by_house(reservation_id=paid.pk, at=NOW)
        assert isinstance(rival.outcome, waivers.NothingToWaive)
        assert_stands(paid, state=CANCELLED, waived=0, due=0)
        assert rival.waited


@while_keeping
def test_what_is_being_paid_can_be_given_up_once_it_is(mine, let_in, moment):
    rival = let_in(moment, partial(waive, mine, 1000))
    booking.confirm(reservation_id=mine.pk, at=NOW)
    assert rival.outcome.amount == 1000
    assert_stands(mine, state=CONFIRMED, waived=1000, due=1500)
    assert rival.waited
