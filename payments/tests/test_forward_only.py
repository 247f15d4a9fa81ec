"""Answers of Stripe's may arrive late and out of order; what we know only moves forward."""

import pytest

from payments import checkout, disputes, gateway, refunds, rounds, settlement
from payments.models import (
    Alert,
    AlertKind,
    Dispute,
    DisputeState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from payments.tests.books import assert_settled
from payments.tests.moments import DAY, HOUR, MINUTE, NOW, SECOND
from payments.tests.rows import state_of
from reservation import booking
from reservation.models import ReservationState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]


class TestRefunds:
    @pytest.fixture
    def sent(self, stripe, reservation, paid) -> Refund:
        stripe.refunds_stay_pending()
        booking.cancel(reservation_id=reservation.pk, at=NOW)
        rounds.all_rounds(at=NOW)
        return Refund.objects.get()

    @pytest.mark.parametrize("first", ["pending", "succeeded"])
    def test_one_that_failed_stays_failed_and_is_made_again(
        self, stripe, reservation, paid, sent, first
    ):
        if first == "succeeded":
            stripe.succeed_refund(sent.stripe_id)
        stale = gateway.list_refunds(paid.payment_intent_id)
        stripe.fail_refund(sent.stripe_id)
        fresh = gateway.list_refunds(paid.payment_intent_id)
        for answer in (fresh, stale):
            refunds._move(sent, refunds._state(answer[0]), at=NOW, stripe_id=sent.stripe_id)
        sent.refresh_from_db()
        assert sent.state == RefundState.FAILED
        stripe.refunds_stay_pending(pending=False)
        rounds.all_rounds(at=NOW + 2 * HOUR)
        assert_settled(stripe, reservation)

    def test_one_that_we_gave_up_and_stripe_made_counts(self, stripe, paid, sent):
        """Refused or unanswered, and in Stripe's books nevertheless."""
        Refund.objects.update(stripe_id=None, state=RefundState.FAILED, failed_at=NOW)
        refunds.ask_after(paid, at=NOW)
        sent.refresh_from_db()
        assert (sent.state, sent.stripe_id) == (RefundState.PENDING, stripe.refunds[0]["id"])
        assert paid.kept == 0


class TestPayments:
    def test_an_order_that_a_bank_has_is_not_open_again(self, stripe, reservation, page):
        stale = gateway.retrieve_session(page.session_id)
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        checkout._move_forward(page.pk, stale, NOW)
        assert Payment.objects.get().state == PaymentState.PROCESSING
        stripe.settle_later(page.session_id, succeeded=False)
        checkout.sync(page.session_id, at=NOW)
        assert state_of(reservation) == ReservationState.EXPIRED

    def test_an_order_that_a_bank_has_is_asked_about_every_few_minutes_only(self, stripe, page):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        asked = len(stripe.requests)
        for seconds in range(0, 60, 5):
            rounds.look_at_payments(at=NOW + DAY + seconds * SECOND)
        assert len(stripe.requests) == asked + 1

    def test_money_that_went_back_before_it_was_known_buys_nothing(
        self, stripe, reservation, page
    ):
        """Stripe tells of the payment, and is away when it is asked what left."""
        stripe.pay(page.session_id)
        stripe.refund_in_dashboard(stripe.payment_intents[0]["id"])
        stripe.fail_next(500, times=3, path="/v1/refunds", method="GET")
        with pytest.raises(gateway.StripeUnavailable):
            checkout.sync(page.session_id, at=NOW)
        assert Payment.objects.get().amount_received == 0
        rounds.settle_unsettled(at=NOW)
        assert state_of(reservation) == ReservationState.HELD
        checkout.sync(page.session_id, at=NOW)
        assert state_of(reservation) == ReservationState.HELD


class TestDisputes:
    def test_one_that_is_decided_does_not_open_again(self, stripe, paid):
        told = stripe.dispute(paid.payment_intent_id)
        stale = gateway.list_disputes(paid.payment_intent_id)[0]
        stripe.close_dispute(told["id"], won=True)
        settlement.import_from_stripe(paid, at=NOW)
        disputes._import(paid, stale, NOW)
        assert Dispute.objects.get().state == DisputeState.WON
        assert not Alert.objects.open().exists()

    def test_a_decision_may_be_turned_once_more(self, stripe, paid):
        told = stripe.dispute(paid.payment_intent_id)
        stripe.close_dispute(told["id"], won=False)
        settlement.import_from_stripe(paid, at=NOW)
        Dispute.objects.update(state=DisputeState.WON)
        settlement.import_from_stripe(paid, at=NOW)
        assert Dispute.objects.get().state == DisputeState.LOST

    def test_one_that_was_prevented_is_over(self, paid):
        told = gateway.StripeDispute("dp_1", 2500, "prevented", "fraudulent", None)
        disputes._import(paid, told, NOW)
        assert not Dispute.objects.undecided().exists()
        assert not Alert.objects.filter(kind=AlertKind.DISPUTED).exists()

    def test_a_question_is_told_as_one_and_told_again_when_the_money_goes(
        self, stripe, paid, settings
    ):
        settings.ALERT_EMAILS = ["money@example.com"]
        told = stripe.dispute(paid.payment_intent_id, inquiry=True)
        settlement.import_from_stripe(paid, at=NOW)
        assert "it took nothing" in Alert.objects.get().sentence
        stripe.escalate_dispute(told["id"])
        settlement.import_from_stripe(paid, at=NOW + MINUTE)
        assert "took 25.00 USD back" in Alert.objects.open().get().sentence
        assert Alert.objects.count() == 2
