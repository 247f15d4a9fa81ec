"""Small guards of checkout and of what a session buys, each with the test that misses it."""

import pytest

from payments import checkout, gateway, settlement
from payments.gateway import StripeUnavailable
from payments.models import Payment, PaymentState
from payments.tests.moments import HOUR, INSTANT, MINUTE, NOW
from payments.tests.rows import state_of
from reservation import errors
from reservation.models import Reservation, ReservationState
from reservation.tests.factories import held, show_with_seats

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("it_is_now")]

SESSIONS = "/v1/checkout/sessions"


def told(monkeypatch, payment, **difference):
    """Let Stripe tell something else of a payment's session."""
    session = gateway.retrieve_session(payment.session_id)._replace(**difference)
    monkeypatch.setattr(gateway, "retrieve_session", lambda _: session)


class TestWhatASessionBuys:
    def test_a_session_that_is_no_payment_buys_nothing(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        told(monkeypatch, page, mode="setup")
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.REJECTED
        assert state_of(reservation) == ReservationState.HELD

    def test_what_was_paid_is_not_rejected_afterwards(
        self, stripe, reservation, paid, monkeypatch
    ):
        told(monkeypatch, paid, amount=1)
        payment = checkout.sync(paid.session_id, at=NOW)
        assert (payment.state, payment.amount_received) == (PaymentState.PAID, 2500)

    def test_what_was_rejected_is_not_paid_afterwards(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id)
        with monkeypatch.context() as once:
            told(once, page, livemode=True)
            checkout.sync(page.session_id, at=NOW)
        payment = checkout.sync(page.session_id, at=NOW)
        assert (payment.state, payment.amount_received) == (PaymentState.REJECTED, 0)
        assert state_of(reservation) == ReservationState.HELD

    @pytest.mark.parametrize("ended", [PaymentState.EXPIRED, PaymentState.FAILED])
    @pytest.mark.parametrize("status", ["open", "complete"])
    def test_what_ended_comes_to_life_only_by_being_paid(
        self, stripe, page, monkeypatch, ended, status
    ):
        Payment.objects.update(state=ended)
        told(monkeypatch, page, status=status, payment_status="unpaid")
        assert checkout.sync(page.session_id, at=NOW).state == ended
        told(monkeypatch, page, status="complete", payment_status="paid")
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.PAID

    def test_an_unpaid_session_brings_no_money(self, stripe, page):
        assert checkout.sync(page.session_id, at=NOW).amount_received == 0

    def test_every_look_is_noted(self, stripe, page):
        checkout.sync(page.session_id, at=NOW + MINUTE)
        assert Payment.objects.get().looked_at == NOW + MINUTE

    def test_a_failed_card_ends_no_hold(self, stripe, reservation, page, monkeypatch):
        told(
            monkeypatch,
            page,
            status="complete",
            payment_status="unpaid",
            payment_intent_status="canceled",
        )
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.FAILED
        assert state_of(reservation) == ReservationState.HELD

    def test_a_bank_s_order_prolongs_a_hold_when_it_comes_and_not_again(
        self, stripe, reservation, page
    ):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        Reservation.objects.update(expires_at=NOW + HOUR)
        checkout.sync(page.session_id, at=NOW + MINUTE)
        assert Reservation.objects.get().expires_at == NOW + HOUR

    def test_a_bank_s_money_that_arrives_keeps_the_seats(
        self, stripe, reservation, page, monkeypatch
    ):
        stripe.pay(page.session_id, outcome="later")
        checkout.sync(page.session_id, at=NOW)
        stripe.settle_later(page.session_id, succeeded=True)
        monkeypatch.setattr(settlement, "settle", lambda **_: None)
        assert checkout.sync(page.session_id, at=NOW).state == PaymentState.PAID
        assert state_of(reservation) == ReservationState.HELD
        assert reservation.tickets.live().count() == 2

    def test_what_stripe_forgot_is_no_less_paid(self, stripe, paid, monkeypatch):
        Payment.objects.update(session_id="cs_test_of_another_account")
        assert checkout.sync("cs_test_of_another_account", at=NOW) is None
        assert state_of(paid) == PaymentState.PAID


class TestAWebhookThatWasFaster:
    """It arrives before the answer to the request that opened the page."""

    @pytest.fixture
    def fast(self, stripe, monkeypatch):
        create = gateway.create_session

        def create_and_be_paid(**asked):
            session = create(**asked)
            stripe.pay(session.id)
            checkout.sync(session.id, at=NOW)
            return session

        monkeypatch.setattr(gateway, "create_session", create_and_be_paid)
        return create_and_be_paid

    def test_is_not_undone_by_the_answer(self, stripe, reservation, fast):
        checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert Payment.objects.get().state == PaymentState.PAID
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_is_not_undone_by_a_refusal(self, stripe, reservation, fast, monkeypatch):
        def create_and_be_refused(**asked):
            fast(**asked)
            raise gateway.StripeRefused

        monkeypatch.setattr(gateway, "create_session", create_and_be_refused)
        with pytest.raises(gateway.StripeRefused):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert Payment.objects.get().state == PaymentState.PAID


class TestOpenCheckout:
    def test_learns_first_that_the_ended_page_was_paid(self, stripe, reservation, page):
        stripe.pay(page.session_id)
        with pytest.raises(errors.AlreadyConfirmed):
            checkout.open_checkout(reservation_id=reservation.pk, at=page.expires_at)

    def test_asks_nothing_about_a_page_that_was_looked_at_just_now(
        self, stripe, reservation, page
    ):
        asked = len(stripe.requests)
        at = page.looked_at + checkout.LOOK_AGAIN - INSTANT
        again = checkout.open_checkout(reservation_id=reservation.pk, at=at)
        assert again.pk == page.pk
        assert len(stripe.requests) == asked

    def test_gives_no_page_that_stripe_has_closed(self, stripe, reservation, page):
        stripe.expire(page.session_id)
        at = page.looked_at + checkout.LOOK_AGAIN
        again = checkout.open_checkout(reservation_id=reservation.pk, at=at)
        assert again.pk != page.pk
        assert again.state == PaymentState.OPEN

    def test_asks_nothing_about_the_pages_of_others(self, stripe, page, stranger):
        theirs = held(stranger, *show_with_seats(1), at=page.expires_at)
        asked = len(stripe.requests)
        checkout.open_checkout(reservation_id=theirs.pk, at=page.expires_at)
        assert [request.method for request in stripe.requests[asked:]] == ["POST"]

    def test_a_page_that_was_never_made_and_is_past_its_end_is_given_up(self, stripe, reservation):
        stripe.drop_next("before", path=SESSIONS, times=3)
        with pytest.raises(StripeUnavailable):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        payment = Payment.objects.get()
        stripe.advance(31 * 60)
        with pytest.raises(checkout.HoldEndsTooSoon):
            checkout.open_checkout(reservation_id=reservation.pk, at=payment.expires_at)
        assert state_of(payment) == PaymentState.FAILED

    def test_a_first_question_that_is_refused_is_asked_once(self, stripe, reservation):
        stripe.fail_next(400, times=1, path=SESSIONS)
        with pytest.raises(gateway.StripeRefused):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert len(stripe.requests) == Payment.objects.count() == 1

    def test_a_page_ends_with_its_hold_and_lives_as_long_as_stripe_s_shortest(
        self, stripe, reservation
    ):
        until = NOW + checkout.SHORTEST_SESSION
        Reservation.objects.update(extended_at=NOW, expires_at=until)
        with pytest.raises(checkout.HoldEndsTooSoon):
            checkout.open_checkout(reservation_id=reservation.pk, at=NOW + INSTANT)
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
        assert payment.expires_at == until
