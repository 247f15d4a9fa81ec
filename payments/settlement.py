"""The settlement equation: for every reservation, at rest, paid - refunded = amount due.

`settle` moves both sides until it holds. It never asks why they differ: a late payment, a
second payment, a cancellation, a cancelled show are all the same to it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import prefetch_related_objects

from cinema_reservation.errors import DomainError
from payments import gateway, mail, refunds
from payments.models import Payment, PaymentState, Refund
from reservation import booking
from reservation.errors import ShowCancelled
from reservation.models import Reservation, ReservationState

log = logging.getLogger(__name__)

RETRY_FAILED_REFUND = timedelta(hours=1)


def settle(*, reservation_id: int, at: datetime) -> None:
    """Confirm what is covered, send back what is kept above what is due.

    Safe to call at any time, any number of times, by several at once. The decision is one
    transaction under the locks of the payments and the reservation; Stripe is asked after
    it. A refund that Stripe can't take now stays pending, and the worker asks again.
    """
    for refund in _decide(reservation_id, at):
        try:
            refunds.send(refund, at=at)
        except gateway.StripeUnavailable:
            log.warning("refund %s waits for Stripe", refund.pk)


def import_refunds(payment: Payment, *, at: datetime) -> None:
    """Learn from Stripe how a payment's refunds fare, and settle. Raises `StripeUnavailable`."""
    refunds.ask_after(payment, at=at)
    settle(reservation_id=payment.reservation_id, at=at)


@transaction.atomic
def _decide(reservation_id: int, at: datetime) -> list[Refund]:
    """Change the reservation and write the refunds. Returns all that Stripe hasn't heard of."""
    payments = _lock_payments(reservation_id)
    reservation = booking.lock(reservation_id)
    # Refunds move under the reservation's lock, so it is only now that they stand still.
    prefetch_related_objects(payments, "refunds")
    paid = [payment for payment in payments if payment.state == PaymentState.PAID]
    rejected = [payment for payment in payments if payment.state == PaymentState.REJECTED]
    if _is_covered(reservation, paid):
        reservation = _confirm_or_give_up(reservation, at)
    elif not any(payment.is_live for payment in payments):
        # Nothing can cover it any more: a hold past its time is owed what it paid in part.
        booking.expire(reservation_id=reservation.pk, at=at)
        reservation.refresh_from_db()
    left = _write_refunds(paid, _kept(paid) - reservation.amount_due, reservation, at)
    left += _write_refunds(rejected, _kept(rejected), reservation, at)
    booking.settle_from(reservation, _look_again(reservation, paid, left, at))
    return list(Refund.objects.filter(payment__in=payments).unsent())


def _lock_payments(reservation_id: int) -> list[Payment]:
    payments = Payment.objects.filter(reservation=reservation_id).order_by("pk")
    return list(payments.select_for_update(no_key=True))


def _kept(payments: Iterable[Payment]) -> int:
    """What we keep of these payments, in minor units."""
    return sum(payment.kept for payment in payments)


def _is_covered(reservation: Reservation, paid: Iterable[Payment]) -> bool:
    """Whether untouched payments cover a reservation that waits for them.

    Money of which some was sent back, or tried to, was given up: should its refund fail,
    it buys nothing behind the back of a customer who was told that it returns.
    """
    if reservation.state not in {ReservationState.HELD, ReservationState.EXPIRED}:
        return False
    untouched = [payment for payment in paid if not payment.refunds.all()]
    return bool(untouched) and _kept(untouched) >= reservation.total


def _confirm_or_give_up(reservation: Reservation, at: datetime) -> Reservation:
    """A covered reservation is confirmed; one that can't be any more is owed its money."""
    try:
        return booking.confirm(reservation_id=reservation.pk, at=at)
    except ShowCancelled:
        booking.cancel_by_house(reservation_id=reservation.pk, at=at)
    except DomainError as refusal:
        log.info("payment for %s came too late: %s", reservation, refusal)
        booking.end_unsold(reservation_id=reservation.pk, at=at)
    return booking.lock(reservation.pk)


def _write_refunds(
    payments: list[Payment], excess: int, reservation: Reservation, at: datetime
) -> int:
    """Write refunds over `excess`; returns what of it has to wait.

    Newest payment first: what came twice goes back to where it came from last. A payment
    whose refund just failed waits, and is then tried with a new key.
    """
    for payment in sorted(payments, key=lambda payment: payment.created_at, reverse=True):
        amount = min(excess, payment.kept)
        if amount <= 0 or payment.refund_failed_after(at - RETRY_FAILED_REFUND):
            continue
        excess -= amount
        refund = payment.refunds.create(
            amount=amount,
            reason=_reason(reservation),
            looked_at=at,
            idempotency_key=f"refund-{payment.pk}-{len(payment.refunds.all()) + 1}",
        )
        mail.tell_refund(refund, reservation)
    return max(excess, 0)


def _look_again(
    reservation: Reservation, paid: Iterable[Payment], left: int, at: datetime
) -> datetime | None:
    """When the equation has to be looked at again, though nothing happens; never, at rest."""
    if left > 0:
        return at + RETRY_FAILED_REFUND
    if reservation.state == ReservationState.HELD and _kept(paid) > 0:
        # A part was paid for: it goes back when the hold ends.
        return reservation.expires_at
    return None


def _reason(reservation: Reservation) -> str:
    match reservation.state:
        case ReservationState.CANCELLED:
            return "Reservation cancelled"
        case ReservationState.EXPIRED:
            return "Paid after the seats were sold to somebody else"
        case _:
            return "Paid more than once"
