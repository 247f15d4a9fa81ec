"""paid - refunded = amount due, whatever happened before."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import checkout, rounds, settlement
from payments.models import Payment, Refund, RefundState
from payments.tests.books import assert_settled
from reservation import booking, programme
from reservation.models import ReservationState
from reservation.tests.factories import held, show_with_seats

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)


class TestSettle:
    def test_a_cancelled_reservation_gets_its_money_back(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        assert [refund["amount"] for refund in stripe.refunds] == [2500]
        assert_settled(stripe, reservation)

    def test_the_promised_fee_is_kept(self, stripe, reservation, paid):
        at = reservation.showtime.starts_at - AN_HOUR
        booking.cancel(reservation_id=reservation.pk, at=at)
        rounds.all_rounds(at=at)
        assert stripe.refunds == []
        assert_settled(stripe, reservation)

    def test_settling_again_sends_nothing_again(self, stripe, reservation, paid):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        for _ in range(3):
            settlement.settle(reservation_id=reservation.pk, at=timezone.now())
        assert len(stripe.refunds) == Refund.objects.count() == 1

    def test_paid_after_the_hold_ended_with_seats_free_is_confirmed(
        self, stripe, reservation, page
    ):
        stripe.pay(page.session_id)
        late = timezone.now() + AN_HOUR
        booking.expire(reservation_id=reservation.pk, at=late)
        checkout.sync(page.session_id, at=late)
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED
        assert reservation.tickets.live().count() == 2

    def test_paid_after_the_seats_were_resold_goes_back_in_full(
        self, stripe, reservation, page, stranger, place
    ):
        stripe.pay(page.session_id)
        late = timezone.now() + AN_HOUR
        show, seats = place
        theirs = held(stranger, show, seats[:1], at=late)
        checkout.sync(page.session_id, at=late)
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.EXPIRED
        assert theirs.tickets.live().count() == 1
        assert Refund.objects.get().reason == "Paid too late for the seats"
        assert_settled(stripe, reservation)

    def test_paid_after_it_was_cancelled_goes_back_in_full(self, stripe, reservation, page):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        stripe.pay(page.session_id)
        checkout.sync(page.session_id, at=timezone.now())
        assert_settled(stripe, reservation)
        assert len(stripe.refunds) == 1

    def test_paid_for_a_cancelled_show_goes_back_in_full(self, stripe, reservation, page):
        programme.cancel(show_id=reservation.showtime_id, at=timezone.now())
        stripe.pay(page.session_id)
        checkout.sync(page.session_id, at=timezone.now())
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CANCELLED
        assert_settled(stripe, reservation)

    def test_the_second_of_two_payments_goes_back(self, stripe, reservation, page):
        # Two pages can only be open where a crash or a hand in the database made them so.
        Payment.objects.update(state="expired")
        second = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        for session_id in (page.session_id, second.session_id):
            stripe.pay(session_id)
            checkout.sync(session_id, at=timezone.now())
        assert_settled(stripe, reservation)
        assert reservation.state == ReservationState.CONFIRMED
        assert Refund.objects.get().payment == second
        assert Refund.objects.get().reason == "Paid more than once"

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_a_lost_refund_call_is_made_again_with_the_same_key(
        self, stripe, reservation, paid, moment
    ):
        stripe.drop_next(moment, path="/v1/refunds", times=3)
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        settlement.settle(reservation_id=reservation.pk, at=timezone.now())
        assert Refund.objects.get().state == RefundState.PENDING
        rounds.all_rounds(at=timezone.now())
        assert len(stripe.refunds) == 1
        assert Refund.objects.get().state == RefundState.SUCCEEDED
        assert_settled(stripe, reservation)

    def test_a_pending_refund_counts_as_on_its_way(self, stripe, reservation, paid):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        (refund,) = stripe.refunds
        assert Refund.objects.get().state == RefundState.PENDING
        stripe.succeed_refund(refund["id"])
        settlement.import_from_stripe(paid, at=timezone.now())
        assert Refund.objects.get().state == RefundState.SUCCEEDED

    def test_a_failed_refund_is_tried_again_later_with_a_new_key(self, stripe, reservation, paid):
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        stripe.fail_refund(stripe.refunds[0]["id"])
        stripe.refunds_stay_pending(pending=False)
        settlement.import_from_stripe(paid, at=timezone.now())
        reservation.refresh_from_db()
        assert reservation.settle_after is not None
        assert Refund.objects.count() == 1  # not at once, or a broken card would be a loop
        rounds.all_rounds(at=timezone.now() + 2 * AN_HOUR)
        assert len({refund.idempotency_key for refund in Refund.objects.all()}) == 2
        assert_settled(stripe, reservation)

    def test_a_refund_made_in_the_dashboard_is_imported_once(self, stripe, reservation, paid):
        stripe.refund_in_dashboard(paid.payment_intent_id, 1000)
        for _ in range(2):
            settlement.import_from_stripe(paid, at=timezone.now())
        assert Refund.objects.get().amount == 1000
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        assert sorted(refund["amount"] for refund in stripe.refunds) == [1000, 1500]
        assert_settled(stripe, reservation)


class TestRounds:
    def test_a_payment_whose_webhook_never_came_is_found(self, stripe, reservation, page):
        stripe.pay(page.session_id)
        rounds.all_rounds(at=timezone.now() + timedelta(minutes=6))
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED

    def test_a_crash_between_payment_and_confirmation_is_mended(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        with monkeypatch.context() as crash:
            crash.setattr(settlement, "settle", lambda **_: None)
            checkout.sync(page.session_id, at=timezone.now())
        rounds.all_rounds(at=timezone.now())
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED

    def test_an_unpaid_page_is_closed_with_its_hold_and_the_seats_are_free(
        self, stripe, reservation, page
    ):
        late = timezone.now() + AN_HOUR
        rounds.all_rounds(at=late)
        assert stripe.sessions[0]["status"] == "expired"
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.EXPIRED

    def test_the_last_word_on_a_payment_comes_before_its_hold_is_expired(
        self, stripe, reservation, page
    ):
        stripe.pay(page.session_id)
        rounds.expire_holds(at=timezone.now() + AN_HOUR)
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.HELD
        rounds.all_rounds(at=timezone.now() + AN_HOUR)
        reservation.refresh_from_db()
        assert reservation.state == ReservationState.CONFIRMED

    def test_the_page_of_a_cancelled_reservation_is_closed(self, stripe, reservation, page):
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        rounds.all_rounds(at=timezone.now() + timedelta(minutes=1))
        assert stripe.sessions[0]["status"] == "expired"

    def test_one_broken_row_does_not_keep_the_others_money(
        self, stripe, owner, paid, reservation, monkeypatch
    ):
        broken = held(owner, *show_with_seats(1))
        booking.cancel(reservation_id=broken.pk, at=timezone.now())
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        settle = settlement.settle_now

        def fail_for_the_broken(*, reservation_id, at):
            if reservation_id == broken.pk:
                raise ValueError("broken row")
            settle(reservation_id=reservation_id, at=at)

        monkeypatch.setattr(settlement, "settle_now", fail_for_the_broken)
        rounds.all_rounds(at=timezone.now())
        assert_settled(stripe, reservation)

    def test_nothing_to_do_asks_few_questions(self, stripe, paid, django_assert_max_num_queries):
        rounds.all_rounds(at=timezone.now())
        with django_assert_max_num_queries(8):
            assert rounds.all_rounds(at=timezone.now()) == 0
