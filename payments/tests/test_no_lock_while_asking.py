"""Stripe is never asked while a transaction is open: a slow answer would keep seats locked."""

import pytest
from django.db import connection

from payments import checkout, gateway, rounds, settlement, webhook
from payments.gateway import Event, StripeUnavailable
from payments.models import Payment
from payments.tests.moments import HOUR, MINUTE, NOW
from reservation import booking

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("adult", "it_is_now", "_asked_outside"),
]


@pytest.fixture
def _asked_outside(monkeypatch):
    """Rounds log what goes wrong with a row and go on, so that this is judged at the end."""
    client, inside = gateway._client, []

    def note(*account):
        inside.append(connection.in_atomic_block)
        return client(*account)

    monkeypatch.setattr(gateway, "_client", note)
    yield
    assert inside, "Stripe was not asked at all"
    assert not any(inside)


def test_while_a_page_is_opened(stripe, reservation):
    checkout.open_checkout(reservation_id=reservation.pk, at=NOW)


def test_while_an_ended_page_is_asked_about(stripe, reservation, page):
    stripe.pay(page.session_id)
    with pytest.raises(booking.errors.AlreadyConfirmed):
        checkout.open_checkout(reservation_id=reservation.pk, at=page.expires_at)


def test_while_a_webhook_settles(stripe, page):
    stripe.pay(page.session_id)
    event = Event("evt_1", "checkout.session.completed", page.session_id, "")
    assert webhook.receive(event, at=NOW).outcome == "payment paid"


def test_while_a_refund_is_sent(stripe, reservation, paid):
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    settlement.settle(reservation_id=reservation.pk, at=NOW)
    assert len(stripe.refunds) == 1


def test_while_a_refund_is_refused_and_asked_after(stripe, reservation, paid):
    stripe.refund_in_dashboard(paid.payment_intent_id)
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    settlement.settle(reservation_id=reservation.pk, at=NOW)


def test_while_the_worker_finishes_and_closes_a_page(stripe, reservation):
    stripe.drop_next("after", path="/v1/checkout/sessions", times=3)
    with pytest.raises(StripeUnavailable):
        checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
    rounds.all_rounds(at=NOW + 10 * MINUTE)
    rounds.all_rounds(at=NOW + HOUR)
    assert Payment.objects.get().state == "expired"


def test_while_the_worker_sends_and_asks_after_refunds(stripe, reservation, paid):
    stripe.refunds_stay_pending()
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    rounds.all_rounds(at=NOW)
    stripe.succeed_refund(stripe.refunds[0]["id"])
    rounds.all_rounds(at=NOW + HOUR)
    assert paid.refunds.get().state == "succeeded"
