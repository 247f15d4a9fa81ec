"""What staff waive goes back to the customer, once, and is told as what it is."""

import pytest
from django.utils import timezone
from post_office.models import Email

from payments import checkout, rounds
from payments.asking import Asked
from payments.models import Refund, RefundReason
from payments.tests.books import assert_settled
from payments.tests.test_trouble import DAY, state_of
from reservation import booking
from reservation.models import ReservationState
from reservation.waivers import waive

pytestmark = pytest.mark.django_db


@pytest.fixture
def give(reservation, paid):
    def _give(amount):
        at = timezone.now()
        waive(reservation_id=reservation.pk, amount=amount, reason="Cold", staff_id=None, at=at)
        rounds.all_rounds(at=at)

    return _give


def refunds():
    return list(Refund.objects.order_by("pk").values_list("amount", "reason"))


def test_it_goes_back_and_the_seats_stay(stripe, reservation, give):
    give(700)
    assert refunds() == [(700, RefundReason.GOODWILL)]
    assert state_of(reservation) == ReservationState.CONFIRMED
    assert_settled(stripe, reservation)


def test_the_customer_reads_that_the_seats_stay_theirs(give):
    give(700)
    mail = Email.objects.get(subject__startswith="7.00 USD is on its way back")
    assert "Your seats stay yours" in mail.message


def test_several_add_up(stripe, reservation, give):
    give(700)
    give(300)
    assert refunds() == [(700, RefundReason.GOODWILL), (300, RefundReason.GOODWILL)]
    assert_settled(stripe, reservation)


def test_who_cancels_then_gets_the_rest(stripe, reservation, give):
    give(700)
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    assert refunds() == [(700, RefundReason.GOODWILL), (1800, RefundReason.CANCELLED)]
    assert_settled(stripe, reservation)


def test_a_fee_that_was_kept_is_given_back(stripe, reservation, give):
    reservation.refresh_from_db()
    reservation.cancellation_policy = [{"hours_before": 0, "refund_percent": 40}]
    reservation.save()
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    give(1500)
    assert refunds() == [(1000, RefundReason.CANCELLED), (1500, RefundReason.GOODWILL)]
    assert "Your seats" not in Email.objects.last().message
    assert_settled(stripe, reservation)


def test_what_was_paid_twice_is_not_called_goodwill(stripe, reservation, give):
    give(700)
    second = pay_once_more(stripe, reservation)
    assert refunds()[1:] == [(second.amount, RefundReason.PAID_TWICE)]
    assert_settled(stripe, reservation)


def pay_once_more(stripe, reservation):
    """A second page, as a lost answer and a stubborn customer could bring it about."""
    at = timezone.now()
    payment = checkout._insert(Asked(reservation, reservation.total, at), at + DAY / 2, at)
    checkout.finish_creating(payment)
    stripe.pay(payment.session_id)
    return checkout.sync(payment.session_id, at=at)
