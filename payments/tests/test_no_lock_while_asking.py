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
    pytest.mark.usefixtures("adult", "it_is_now"),
]


@pytest.fixture
def asked(monkeypatch) -> list[bool]:
    """Of every question to Stripe, whether a transaction was open."""
    client, inside = gateway._client, []

    def note(*account):
        inside.append(connection.in_atomic_block)
        return client(*account)

    monkeypatch.setattr(gateway, "_client", note)
    return inside


def assert_outside(asked: list[bool]) -> None:
    """In the end, as rounds log what goes wrong with a row and go on."""
    assert set(asked) == {False}


def test_while_a_page_is_opened(stripe, reservation, asked):
    checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
    assert_outside(asked)


def test_while_an_ended_page_is_asked_about(stripe, reservation, page, asked):
    stripe.pay(page.session_id)
    with pytest.raises(booking.errors.AlreadyConfirmed):
        checkout.open_checkout(reservation_id=reservation.pk, at=page.expires_at)
    assert_outside(asked)


def test_while_a_webhook_settles(stripe, page, asked):
    stripe.pay(page.session_id)
    event = Event("evt_1", "checkout.session.completed", page.session_id, "")
    assert webhook.receive(event, at=NOW).outcome == "payment paid"
    assert_outside(asked)


def test_while_a_refund_is_sent(stripe, reservation, paid, asked):
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    settlement.settle(reservation_id=reservation.pk, at=NOW)
    assert len(stripe.refunds) == 1
    assert_outside(asked)


def test_while_a_refund_is_refused_and_asked_after(stripe, reservation, paid, asked):
    stripe.refund_in_dashboard(paid.payment_intent_id)
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    settlement.settle(reservation_id=reservation.pk, at=NOW)
    assert_outside(asked)


def test_while_the_worker_finishes_and_closes_a_page(stripe, reservation, asked):
    stripe.drop_next("after", path="/v1/checkout/sessions", times=3)
    with pytest.raises(StripeUnavailable):
        checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
    rounds.all_rounds(at=NOW + 10 * MINUTE)
    rounds.all_rounds(at=NOW + HOUR)
    assert Payment.objects.get().state == "expired"
    assert_outside(asked)


def test_while_the_worker_sends_and_asks_after_refunds(stripe, reservation, paid, asked):
    stripe.refunds_stay_pending()
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    rounds.all_rounds(at=NOW)
    stripe.succeed_refund(stripe.refunds[0]["id"])
    rounds.all_rounds(at=NOW + HOUR)
    assert paid.refunds.get().state == "succeeded"
    assert_outside(asked)
