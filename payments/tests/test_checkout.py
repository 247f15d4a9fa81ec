"""Opening a payment page, and what `sync` makes of what Stripe says."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema_reservation.money import LEAST_CHARGES
from payments import checkout, gateway
from payments.models import Payment, PaymentState, Refund
from payments.sandbox.currencies import MINIMUM_AMOUNTS
from reservation import booking, errors, holding
from reservation.models import PriceRule, ReservationState, TicketType
from reservation.sale import SeatChoice
from reservation.tests.factories import held, show_with_seats

pytestmark = pytest.mark.django_db


@pytest.fixture
def reservation(owner):
    show, seats = show_with_seats(2)
    return held(owner, show, seats)


def open_page(reservation):
    return checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())


def state_of(reservation):
    reservation.refresh_from_db()
    return reservation.state


class TestOpen:
    def test_asks_stripe_for_what_was_promised(self, stripe, reservation):
        payment = open_page(reservation)
        (session,) = stripe.sessions
        assert session["amount_total"] == reservation.total == 2500
        assert session["currency"] == "usd"
        assert session["client_reference_id"] == reservation.code
        assert session["customer_email"] == "olivia@example.com"
        assert session["metadata"] == {
            "payment": str(payment.pk),
            "reservation": str(reservation.pk),
        }
        assert (payment.state, payment.session_id) == (PaymentState.OPEN, session["id"])

    def test_prolongs_the_hold_past_the_page_s_end(self, stripe, reservation):
        payment = open_page(reservation)
        reservation.refresh_from_db()
        assert reservation.expires_at - payment.expires_at == timedelta(minutes=10)

    def test_again_gives_the_same_page(self, stripe, reservation):
        assert open_page(reservation).checkout_url == open_page(reservation).checkout_url
        assert len(stripe.sessions) == 1

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_survives_a_connection_that_breaks(self, stripe, reservation, moment):
        stripe.drop_next(moment, path="/v1/checkout/sessions", times=3)
        with pytest.raises(gateway.StripeUnavailable):
            open_page(reservation)
        assert Payment.objects.get().state == PaymentState.CREATING
        assert open_page(reservation).state == PaymentState.OPEN
        assert len(stripe.sessions) == 1
        asked = [r for r in stripe.requests if r.path == "/v1/checkout/sessions"]
        assert len({str(r.params) for r in asked}) == 1
        assert {r.idempotency_key for r in asked} == {Payment.objects.get().idempotency_key}

    def test_a_refusal_leaves_no_live_payment_behind(self, stripe, reservation):
        stripe.fail_next(400, times=1, path="/v1/checkout/sessions")
        with pytest.raises(gateway.StripeRefused):
            open_page(reservation)
        assert Payment.objects.get().state == PaymentState.FAILED
        assert open_page(reservation).state == PaymentState.OPEN

    def test_lines_sum_up_to_the_total_though_one_is_free(self, stripe, owner):
        show, seats = show_with_seats(2)
        PriceRule.objects.create(cinema=show.hall.cinema, name="Matinee", amount=-333)
        guest = TicketType.objects.create(name="Guest", percentage=0)
        choices = [SeatChoice(seats[0].pk), SeatChoice(seats[1].pk, guest.pk)]
        reservation = holding.hold(
            user_id=owner.pk, show_id=show.pk, choices=choices, at=timezone.now()
        )
        items = open_page(reservation).parameters["line_items"]
        assert [item["price_data"]["unit_amount"] for item in items] == [917, 0]
        (session,) = stripe.sessions
        assert session["amount_total"] == reservation.total == 917

    def test_the_least_that_is_held_can_be_paid(self, stripe, owner, settings):
        show, seats = show_with_seats(1, price=settings.MINIMUM_CHARGE)
        assert open_page(held(owner, show, seats)).state == PaymentState.OPEN
        assert LEAST_CHARGES == MINIMUM_AMOUNTS

    def test_what_costs_nothing_is_confirmed_without_stripe(self, stripe, owner):
        show, seats = show_with_seats(1, price=0)
        reservation = held(owner, show, seats)
        assert open_page(reservation) is None
        assert state_of(reservation) == ReservationState.CONFIRMED
        assert stripe.sessions == []

    def test_a_second_page_needs_time_that_the_hold_still_has(self, stripe, reservation):
        opened = timezone.now()
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=opened)
        stripe.expire(payment.session_id)
        checkout.sync(payment.session_id, at=opened)
        again = checkout.open_checkout(
            reservation_id=reservation.pk, at=opened + timedelta(minutes=5)
        )
        assert again.pk != payment.pk
        stripe.expire(again.session_id)
        checkout.sync(again.session_id, at=opened)
        with pytest.raises(checkout.HoldEndsTooSoon):
            checkout.open_checkout(
                reservation_id=reservation.pk, at=opened + timedelta(minutes=20)
            )

    def test_dead_cancelled_and_paid_reservations_have_no_page(self, stripe, reservation):
        with pytest.raises(errors.HoldExpired):
            checkout.open_checkout(
                reservation_id=reservation.pk, at=timezone.now() + timedelta(hours=1)
            )
        booking.confirm(reservation_id=reservation.pk, at=timezone.now())
        with pytest.raises(errors.AlreadyConfirmed):
            open_page(reservation)
        booking.cancel(reservation_id=reservation.pk, at=timezone.now())
        with pytest.raises(errors.ReservationCancelled):
            open_page(reservation)

    def test_a_reservation_has_one_live_payment_whatever_the_code_does(self, stripe, reservation):
        payment = open_page(reservation)
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.create(
                reservation=reservation,
                amount=1,
                currency="usd",
                idempotency_key="another",
                parameters={},
                expires_at=payment.expires_at,
            )


class TestSync:
    def pay(self, stripe, reservation):
        payment = open_page(reservation)
        stripe.pay(payment.session_id)
        return payment.session_id

    def test_a_paid_page_confirms_the_reservation(self, stripe, reservation):
        session_id = self.pay(stripe, reservation)
        payment = checkout.sync(session_id, at=timezone.now())
        assert (payment.state, payment.amount_received) == (PaymentState.PAID, 2500)
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_an_unpaid_page_changes_nothing(self, stripe, reservation):
        payment = open_page(reservation)
        assert checkout.sync(payment.session_id, at=timezone.now()).state == PaymentState.OPEN
        assert state_of(reservation) == ReservationState.HELD

    def test_finds_the_payment_before_its_session_id_was_stored(self, stripe, reservation):
        session_id = self.pay(stripe, reservation)
        Payment.objects.update(session_id=None, state=PaymentState.CREATING, checkout_url="")
        checkout.sync(session_id, at=timezone.now())
        assert state_of(reservation) == ReservationState.CONFIRMED

    def test_foreign_and_unknown_sessions_are_ignored(self, stripe, reservation):
        session_id = self.pay(stripe, reservation)
        assert checkout.sync("cs_test_unknown", at=timezone.now()) is None
        Payment.objects.update(session_id="cs_test_of_another_session")
        assert checkout.sync(session_id, at=timezone.now()) is None
        assert state_of(reservation) == ReservationState.HELD

    def test_what_was_paid_stays_paid(self, stripe, reservation, monkeypatch):
        session_id = self.pay(stripe, reservation)
        checkout.sync(session_id, at=timezone.now())
        told = gateway.retrieve_session(session_id)
        stale = told._replace(status="open", payment_status="unpaid")
        monkeypatch.setattr(gateway, "retrieve_session", lambda _: stale)
        assert checkout.sync(session_id, at=timezone.now()).state == PaymentState.PAID

    def test_another_amount_is_never_confirmed_and_goes_back(
        self, stripe, reservation, monkeypatch
    ):
        session_id = self.pay(stripe, reservation)
        Payment.objects.update(amount=9999)
        checkout.sync(session_id, at=timezone.now())
        assert Payment.objects.get().state == PaymentState.REJECTED
        assert state_of(reservation) == ReservationState.HELD
        assert [refund["amount"] for refund in stripe.refunds] == [2500]

    @pytest.mark.parametrize("difference", [{"currency": "eur"}, {"livemode": True}])
    def test_money_that_is_not_ours_is_never_counted(
        self, stripe, reservation, monkeypatch, difference
    ):
        session_id = self.pay(stripe, reservation)
        told = gateway.retrieve_session(session_id)._replace(**difference)
        monkeypatch.setattr(gateway, "retrieve_session", lambda _: told)
        checkout.sync(session_id, at=timezone.now())
        assert Payment.objects.get().state == PaymentState.REJECTED
        assert state_of(reservation) == ReservationState.HELD
        assert not Refund.objects.exists()
