"""A reservation is cancelled while its money is settled, and the reverse, at every moment.

For the table of all rivals see `reservation/tests/rivals`.
"""

from functools import partial

import pytest

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from payments import rounds, settlement
from payments.models import Refund
from payments.tests.books import assert_settled
from payments.tests.moments import NOW
from payments.tests.rows import state_of
from reservation import booking, claims, waivers
from reservation.models import ReservationState, Ticket

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.usefixtures("adult", "paid"),
]

LOCKED = Moment(booking, "lock", after=True)
while_ending = at(
    LOCKED, Moment(claims, "release"), Moment(claims, "release", after=True), BEFORE_COMMIT
)
while_settling = at(
    LOCKED,
    Moment(settlement, "_write_refunds"),
    Moment(settlement, "_look_again", after=True),
    BEFORE_COMMIT,
)


@pytest.fixture
def settle(reservation):
    return partial(settlement.settle, reservation_id=reservation.pk, at=NOW)


@pytest.fixture
def waive(reservation):
    return partial(
        waivers.waive,
        reservation_id=reservation.pk,
        amount=1000,
        reason="Cold",
        staff_id=None,
        at=NOW,
    )


cancelling = pytest.mark.parametrize("cancel", [booking.cancel, booking.cancel_by_house])


def assert_cancelled_and_sent_back(stripe, reservation):
    assert state_of(reservation) == ReservationState.CANCELLED
    assert not Ticket.objects.live().exists()
    assert len(stripe.refunds) == Refund.objects.count() == 1
    assert_settled(stripe, reservation)


@while_ending
@cancelling
def test_what_is_being_cancelled_is_settled_once_it_is(
    stripe, reservation, settle, let_in, moment, cancel
):
    rival = let_in(moment, settle)
    cancel(reservation_id=reservation.pk, at=NOW)
    assert rival.outcome is None
    assert_cancelled_and_sent_back(stripe, reservation)
    assert rival.waited


@while_settling
@cancelling
def test_what_is_being_settled_is_cancelled_after_it_and_looked_at_again(
    stripe, reservation, settle, let_in, moment, cancel
):
    rival = let_in(moment, partial(cancel, reservation_id=reservation.pk, at=NOW))
    settle()
    assert rival.outcome.state == ReservationState.CANCELLED
    assert not Refund.objects.exists()
    rounds.settle_unsettled(at=NOW)
    assert_cancelled_and_sent_back(stripe, reservation)
    assert rival.waited


@while_settling
def test_what_is_waived_while_it_is_settled_is_looked_at_again(
    stripe, reservation, settle, waive, let_in, moment
):
    rival = let_in(moment, waive)
    settle()
    assert rival.outcome.amount == 1000
    rounds.settle_unsettled(at=NOW)
    assert_settled(stripe, reservation)
    assert [refund.amount for refund in Refund.objects.all()] == [1000]
    assert rival.waited


@at(LOCKED, Moment(waivers, "waivable", after=True), BEFORE_COMMIT)
def test_what_is_being_waived_goes_back_once_it_is(
    stripe, reservation, settle, waive, let_in, moment
):
    rival = let_in(moment, settle)
    waive()
    assert rival.outcome is None
    assert_settled(stripe, reservation)
    assert [refund.amount for refund in Refund.objects.all()] == [1000]
    assert rival.waited
