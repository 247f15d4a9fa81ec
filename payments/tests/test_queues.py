"""Rows that can't be helped, and what must not wait for them."""

from functools import partial

import pytest

from payments import books, checkout, gateway, refunds, rounds, settlement
from payments.models import Refund, RefundState
from payments.tests.books import assert_settled
from payments.tests.moments import HOUR, MINUTE, NOW, SECOND
from payments.tests.rows import paid_row, refund_row
from reservation import booking, programme
from reservation.models import Reservation, ReservationState
from reservation.tests.factories import confirmed, held, show_with_seats

pytestmark = pytest.mark.usefixtures("it_is_now")


def owed(stripe, owner):
    """A cancelled reservation whose refund is on its way."""
    reservation = held(owner, *show_with_seats(2), at=NOW)
    page = checkout.open_checkout(reservation_id=reservation.pk, at=NOW)
    stripe.pay(page.session_id)
    checkout.sync(page.session_id, at=NOW)
    stripe.refunds_stay_pending()
    booking.cancel(reservation_id=reservation.pk, at=NOW)
    settlement.settle(reservation_id=reservation.pk, at=NOW)
    return reservation, Refund.objects.get(payment=page)


@pytest.mark.usefixtures("adult")
@pytest.mark.django_db(transaction=True)
def test_settling_clears_no_mark_of_a_refund_that_failed_after_its_look(stripe, owner, intrude):
    reservation, refund = owed(stripe, owner)
    stripe.fail_refund(refund.stripe_id)
    stripe.refunds_stay_pending(pending=False)
    fail = partial(refunds._move, refund, RefundState.FAILED, at=NOW)
    rival = intrude(books, "_lock_payments", fail, after=True)
    settlement.settle(reservation_id=reservation.pk, at=NOW)
    assert rival.outcome is None
    rounds.all_rounds(at=NOW + 2 * HOUR)
    assert_settled(stripe, reservation)


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["refused", "nothing"])
def test_a_refund_that_stripe_does_not_know_lets_the_others_pass(
    stripe, owner, monkeypatch, answer
):
    """Made with another account's key, say: Stripe refuses to list it, or lists nothing."""
    monkeypatch.setattr(rounds, "ROWS_PER_ROUND", 1)
    lost = paid_row(confirmed(owner, *show_with_seats(2), at=NOW), payment_intent_id="pi_lost")
    refund_row(lost, stripe_id="re_lost", looked_at=NOW - 2 * HOUR)
    _, refund = owed(stripe, owner)
    stripe.succeed_refund(refund.stripe_id)
    ask = gateway.list_refunds

    def listed(intent):
        if intent == "pi_lost" and answer == "refused":
            raise gateway.UnknownToStripe
        return ask(intent)

    monkeypatch.setattr(gateway, "list_refunds", listed)
    for seconds in range(3):
        rounds.send_refunds(at=NOW + 10 * MINUTE + seconds * SECOND)
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


@pytest.mark.django_db
def test_a_refund_that_stripe_refuses_to_talk_about_keeps_nobody_from_settling(
    owner, owner_client, monkeypatch
):
    """Webhook and status poll settle too; whoever polls has asked for no refund."""
    reservation = confirmed(owner, *show_with_seats(2), at=NOW)
    paid_row(reservation, payment_intent_id="pi_lost")
    booking.cancel(reservation_id=reservation.pk, at=NOW)

    def refuse(*args, **kwargs):
        raise gateway.UnknownToStripe

    monkeypatch.setattr(gateway, "create_refund", refuse)
    monkeypatch.setattr(gateway, "list_refunds", refuse)
    answer = owner_client.get(f"/api/payment-status/{reservation.pk}/")
    assert answer.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verb", "round_"),
    [("cancel_by_house", rounds.clear_cancelled_shows), ("expire", rounds.expire_holds)],
)
def test_five_rows_that_can_t_be_helped_let_the_sixth_pass(owner, monkeypatch, verb, round_):
    make = confirmed if verb == "cancel_by_house" else held
    rows = [make(owner, *show_with_seats(1), at=NOW - HOUR) for _ in range(6)]
    if verb == "cancel_by_house":
        for row in rows:
            programme.cancel(show_id=row.showtime_id, at=NOW)
    step = getattr(booking, verb)

    def fail_for_all_but_the_last(*, reservation_id, at):
        if reservation_id != rows[-1].pk:
            raise ValueError(reservation_id)
        step(reservation_id=reservation_id, at=at)

    monkeypatch.setattr(booking, verb, fail_for_all_but_the_last)
    for _ in range(3):
        round_(at=NOW)
    last = Reservation.objects.get(pk=rows[-1].pk).state
    assert last not in {ReservationState.HELD, ReservationState.CONFIRMED}
