"""Refunds that fail are tried again, ever more rarely; people hear of it, and can end it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from post_office.models import Email

from payments import refunds, rounds
from payments.models import Alert, AlertKind, Refund, RefundReason, RefundState
from payments.tests.test_trouble import DAY, HOUR, MINUTE
from reservation import booking
from reservation.waivers import waive

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(stripe, reservation, paid):
    """A cancelled reservation's refund that Stripe refused."""
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    stripe.fail_next(400, times=1, path="/v1/refunds", method="POST")
    rounds.all_rounds(at=timezone.now())
    return Refund.objects.get()


def subjects(start):
    return Email.objects.filter(subject__startswith=start, to__contains="olivia@")


def fail_all(stripe, at):
    stripe.clear_faults()
    stripe.fail_next(400, times=1, path="/v1/refunds", method="POST")
    rounds.all_rounds(at=at)


def test_the_pause_doubles_up_to_a_day(refused, paid):
    first = refused.failed_at
    pauses = [paid.refund_retry_at - first]
    for number in range(1, 8):
        paid.refunds.create(
            amount=1, state=RefundState.FAILED, failed_at=first, idempotency_key=f"r-{number}"
        )
        pauses.append(paid.refund_retry_at - first)
    assert pauses == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY, DAY]


def test_the_worker_keeps_the_pauses(stripe, refused):
    start = refused.failed_at
    for hours, rows in ((0.9, 1), (1.1, 2), (3, 2), (3.2, 3)):
        fail_all(stripe, start + timedelta(hours=hours))
        assert Refund.objects.count() == rows, hours


def test_customer_and_staff_hear_of_it_once_however_often_it_fails(stripe, refused, settings):
    settings.ALERT_EMAILS = ["money@example.com"]
    for days in (1, 2, 3):
        fail_all(stripe, timezone.now() + days * DAY)
    assert Refund.objects.filter(state=RefundState.FAILED).count() == 4
    assert subjects("We could not send 25.00 USD back").count() == 1
    assert subjects("25.00 USD is on its way").count() == 1
    assert Alert.objects.get().kind == AlertKind.REFUND_FAILED


def test_they_hear_of_the_happy_end(refused):
    rounds.all_rounds(at=timezone.now() + 2 * HOUR)
    assert subjects("25.00 USD is on its way").count() == 2
    assert "at the first attempt" in subjects("25.00 USD is on its way").last().message
    assert not Alert.objects.open().exists()


def test_one_that_staff_made_in_the_dashboard_is_a_happy_end_too(stripe, paid, refused):
    stripe.refund_in_dashboard(paid.payment_intent_id)
    rounds.all_rounds(at=timezone.now() + 2 * HOUR)
    rounds.all_rounds(at=timezone.now() + 5 * DAY)
    assert sum(refund["amount"] for refund in stripe.refunds) == paid.amount_received
    assert not Alert.objects.open().exists()


def test_a_refusal_because_staff_were_faster_alarms_nobody(stripe, reservation, paid):
    stripe.refund_in_dashboard(paid.payment_intent_id)
    booking.cancel(reservation_id=reservation.pk, at=timezone.now())
    rounds.all_rounds(at=timezone.now())
    assert Refund.objects.filter(state=RefundState.FAILED).exists()
    assert not subjects("We could not send").exists()
    assert not Alert.objects.exists()


class TestForgottenKeys:
    """Stripe made the refund, its answer was lost, and nobody asked for a day."""

    @pytest.fixture
    def lost(self, stripe, reservation, paid):
        waive(
            reservation_id=reservation.pk,
            amount=500,
            reason="Cold",
            staff_id=None,
            at=timezone.now(),
        )
        stripe.drop_next("after", path="/v1/refunds", method="POST", times=3)
        rounds.settle_unsettled(at=timezone.now())
        return Refund.objects.get()

    def test_a_refund_that_stripe_made_is_not_made_twice(self, stripe, lost):
        stripe.advance(25 * 3600)
        rounds.all_rounds(at=timezone.now() + 25 * HOUR)
        assert [refund["amount"] for refund in stripe.refunds] == [500]
        lost.refresh_from_db()
        assert (lost.state, lost.stripe_id) == (RefundState.SUCCEEDED, stripe.refunds[0]["id"])

    def test_one_that_never_reached_stripe_is_sent_however_late(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        stripe.drop_next("before", path="/v1/refunds", method="POST", times=3)
        rounds.settle_unsettled(at=timezone.now())
        stripe.advance(25 * 3600)
        rounds.all_rounds(at=timezone.now() + 25 * HOUR)
        assert [refund["amount"] for refund in stripe.refunds] == [2500]


class TestPaidByOtherMeans:
    def test_nothing_is_sent_any_more_and_the_money_is_at_rest(self, stripe, refused, reservation):
        note = refunds.paid_by_other_means(refund_id=refused.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now() + 5 * DAY)
        reservation.refresh_from_db()
        assert (note.reason, note.amount) == (RefundReason.OTHER_MEANS, 2500)
        assert stripe.refunds == []
        assert reservation.settle_after is None
        assert not Alert.objects.open().exists()

    def test_it_is_noted_once(self, refused):
        refunds.paid_by_other_means(refund_id=refused.pk, at=timezone.now())
        with pytest.raises(refunds.NotOwed):
            refunds.paid_by_other_means(refund_id=refused.pk, at=timezone.now())
        with pytest.raises(IntegrityError), transaction.atomic():
            refused.payment.refunds.create(amount=1, idempotency_key=f"by-hand-{refused.pk}")

    def test_not_while_the_next_try_is_on_its_way(self, stripe, refused):
        stripe.refunds_stay_pending()
        rounds.all_rounds(at=timezone.now() + 2 * HOUR)
        with pytest.raises(refunds.NotOwed):
            refunds.paid_by_other_means(refund_id=refused.pk, at=timezone.now())

    def test_not_for_one_that_arrived(self, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        with pytest.raises(refunds.NotOwed):
            refunds.paid_by_other_means(refund_id=Refund.objects.get().pk, at=timezone.now())


def test_each_try_has_a_key_of_its_own(stripe, refused):
    fail_all(stripe, timezone.now() + HOUR + MINUTE)
    assert len(set(Refund.objects.values_list("idempotency_key", flat=True))) == 2
