"""The settlement equation: for every reservation, at rest, paid - refunded = amount due.

`settle` moves both sides until it holds. It never asks why they differ: a late payment, a
second payment, a cancellation, a cancelled show are all the same to it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from cinema_reservation.errors import DomainError
from payments import gateway
from payments.models import Payment, PaymentState, Refund, RefundState
from reservation import booking
from reservation.models import Reservation, ReservationState

log = logging.getLogger(__name__)

RETRY_FAILED_REFUND = timedelta(hours=1)

STRIPE_REFUND_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


def held(payments: Iterable[Payment]) -> int:
    """What we hold of these payments, in minor units: received, less what went or goes back."""
    return sum(payment.held for payment in payments)


def settle(*, reservation_id: int, at: datetime) -> None:
    """Confirm what is covered, send back what is held above what is due.

    Safe to call at any time, any number of times, by several at once. The decision is one
    transaction under the locks of the payments and the reservation; Stripe is asked after
    it. A refund that Stripe can't take now stays pending, and the worker asks again.
    """
    for refund in _decide(reservation_id, at):
        try:
            send(refund)
        except gateway.StripeUnavailable:
            log.warning("refund %s waits for Stripe", refund.pk)


@transaction.atomic
def _decide(reservation_id: int, at: datetime) -> list[Refund]:
    """Change the reservation and write the refunds. Returns all that Stripe hasn't heard of."""
    payments = _lock_payments(reservation_id)
    reservation = booking.lock(reservation_id)
    covering = [payment for payment in payments if payment.state == PaymentState.PAID]
    if covering and held(covering) >= reservation.total:
        reservation = _confirm_or_give_up(reservation, at)
    rejected = [payment for payment in payments if payment.state == PaymentState.REJECTED]
    left = _write_refunds(covering, held(covering) - reservation.amount_due, reservation, at)
    left += _write_refunds(rejected, held(rejected), reservation, at)
    booking.need_settling(reservation, needed=left > 0)
    return list(Refund.objects.filter(payment__in=payments).unsent())


def _lock_payments(reservation_id: int) -> list[Payment]:
    payments = Payment.objects.filter(reservation=reservation_id).order_by("pk")
    return list(payments.select_for_update(no_key=True).prefetch_related("refunds"))


def _confirm_or_give_up(reservation: Reservation, at: datetime) -> Reservation:
    """A covered reservation is confirmed; one that can't be any more is owed its money."""
    if reservation.state not in {ReservationState.HELD, ReservationState.EXPIRED}:
        return reservation
    try:
        return booking.confirm(reservation_id=reservation.pk, at=at)
    except DomainError as refusal:
        log.info("payment for %s came too late: %s", reservation, refusal)
    if not booking.expire(reservation_id=reservation.pk, at=at):
        booking.cancel_by_house(reservation_id=reservation.pk, at=at)
    return booking.lock(reservation.pk)


def _write_refunds(
    payments: list[Payment], excess: int, reservation: Reservation, at: datetime
) -> int:
    """Write refunds over `excess`; returns what of it has to wait.

    Newest payment first: what came twice goes back to where it came from last. A payment
    whose refund just failed waits, and is then tried with a new key.
    """
    for payment in sorted(payments, key=lambda payment: payment.created_at, reverse=True):
        amount = min(excess, payment.held)
        if amount <= 0 or payment.refund_failed_after(at - RETRY_FAILED_REFUND):
            continue
        excess -= amount
        payment.refunds.create(
            amount=amount,
            reason=_reason(reservation),
            idempotency_key=f"refund-{payment.pk}-{len(payment.refunds.all()) + 1}",
        )
    return max(excess, 0)


def _reason(reservation: Reservation) -> str:
    match reservation.state:
        case ReservationState.CANCELLED:
            return "Reservation cancelled"
        case ReservationState.EXPIRED:
            return "Paid after the seats were sold to somebody else"
        case _:
            return "Paid more than once"


def send(refund: Refund) -> None:
    """Tell Stripe of a refund. Told twice, it makes one: the key is the same.

    Raises `StripeUnavailable`. A refusal marks the refund as failed, for staff to see.
    """
    try:
        told = gateway.create_refund(
            payment_intent_id=refund.payment.payment_intent_id,
            amount=refund.amount,
            idempotency_key=refund.idempotency_key,
            metadata={"refund": str(refund.pk)},
        )
    except gateway.StripeRefused:
        log.exception("Stripe refused refund %s", refund.pk)
        Refund.objects.filter(pk=refund.pk).unsent().update(state=RefundState.FAILED)
        return
    Refund.objects.filter(pk=refund.pk).update(
        stripe_id=told.id, state=STRIPE_REFUND_STATES.get(told.status, RefundState.PENDING)
    )


def import_refunds(payment: Payment, *, at: datetime) -> None:
    """Learn from Stripe how the refunds of a payment fare, and of those made in its dashboard.

    Raises `StripeUnavailable`.
    """
    for told in gateway.list_refunds(payment.payment_intent_id):
        _record(payment, told)
    settle(reservation_id=payment.reservation_id, at=at)


def _record(payment: Payment, told: gateway.StripeRefund) -> None:
    state = STRIPE_REFUND_STATES.get(told.status, RefundState.PENDING)
    if Refund.objects.filter(stripe_id=told.id).update(state=state):
        return
    ours = Refund.objects.filter(payment=payment, stripe_id=None)
    number = told.metadata.get("refund", "")
    if number.isdigit() and ours.filter(pk=int(number)).update(stripe_id=told.id, state=state):
        return
    Refund.objects.get_or_create(
        stripe_id=told.id,
        defaults={
            "payment": payment,
            "amount": told.amount,
            "state": state,
            "reason": "Refunded in Stripe's dashboard",
            "idempotency_key": f"imported-{told.id}"[:96],
        },
    )
