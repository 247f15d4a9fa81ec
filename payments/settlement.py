"""The settlement equation: for every reservation, at rest, paid - refunded = amount due.

`settle` moves both sides until it holds. It never asks why they differ: a late payment, a
second payment, a cancellation, a cancelled show are all the same to it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import alerts, disputes, gateway, mail, refunds
from payments.models import AlertKind, Payment, PaymentState, Refund, RefundReason, RefundState
from reservation import booking
from reservation.errors import ShowCancelled
from reservation.models import Reservation, ReservationState

log = logging.getLogger(__name__)


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


def import_from_stripe(payment: Payment, *, at: datetime) -> None:
    """Learn what left a payment, by us or without us, and settle. Raises `StripeUnavailable`."""
    refunds.ask_after(payment, at=at)
    disputes.ask_after(payment, at=at)
    settle(reservation_id=payment.reservation_id, at=at)


@transaction.atomic
def _decide(reservation_id: int, at: datetime) -> list[Refund]:
    """Change the reservation and write the refunds. Returns all that Stripe hasn't heard of."""
    payments = _lock_payments(reservation_id)
    reservation = booking.lock(reservation_id)
    # Refunds move under the reservation's lock, so it is only now that they stand still.
    prefetch_related_objects(payments, "refunds", "disputes")
    paid = [payment for payment in payments if payment.state == PaymentState.PAID]
    rejected = [payment for payment in payments if payment.state == PaymentState.REJECTED]
    if _is_covered(reservation, paid):
        reservation = _confirm_or_give_up(reservation, at)
    elif not any(payment.is_live for payment in payments):
        # Nothing can cover it any more: a hold past its time is owed what it paid in part.
        booking.expire(reservation_id=reservation.pk, at=at)
        reservation.refresh_from_db()
    excess = _kept(paid) - reservation.amount_due
    waits = _write_refunds(paid, excess, _reason(reservation, paid, excess), at)
    waits += _write_refunds(rejected, _kept(rejected), RefundReason.NOT_AS_ASKED, at)
    _tell_what_is_missing(reservation, paid, -excess, at)
    booking.settle_from(reservation, _look_again(reservation, paid, waits))
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
    it buys nothing behind the back of a customer who was told that it returns. Nor does
    money that its buyer's bank asked back, whatever the bank decides.
    """
    if reservation.state not in {ReservationState.HELD, ReservationState.EXPIRED}:
        return False
    untouched = [p for p in paid if not p.refunds.all() and not p.disputes.all()]
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
    payments: list[Payment], excess: int, reason: RefundReason, at: datetime
) -> list[datetime]:
    """Write refunds over `excess`; returns when to look again at those that have to wait.

    Newest payment first: what came twice goes back to where it came from last. A payment
    whose refund failed waits, and is then tried with a new key.
    """
    waits = []
    for payment in sorted(payments, key=lambda payment: payment.created_at, reverse=True):
        amount = min(excess, payment.kept)
        if amount <= 0:
            continue
        retry_at = payment.refund_retry_at
        if retry_at is not None and retry_at > at:
            waits.append(retry_at)
            continue
        excess -= amount
        _write_refund(payment, amount, reason, at)
    return waits


def _write_refund(payment: Payment, amount: int, reason: RefundReason, at: datetime) -> None:
    refund = payment.refunds.create(
        amount=amount,
        reason=reason,
        created_at=at,
        looked_at=at,
        idempotency_key=f"refund-{payment.pk}-{len(payment.refunds.all()) + 1}",
    )
    # Whoever was told of a failure hears of the next try when it succeeds.
    if payment.refund_retry_at is None:
        mail.tell_refund(refund, payment.reservation)


def _tell_what_is_missing(
    reservation: Reservation, paid: list[Payment], missing: int, at: datetime
) -> None:
    """Tell staff of a sold reservation whose money went without us; never guess which seat.

    What a bank has yet to decide they were told of already.
    """
    missing -= sum(payment.disputed for payment in paid)
    if missing <= 0 or reservation.state != ReservationState.CONFIRMED:
        alerts.mended(kind=AlertKind.TOO_LITTLE_KEPT, payments=paid, at=at)
    elif paid:
        alerts.alert(
            kind=AlertKind.TOO_LITTLE_KEPT,
            payment=max(paid, key=lambda payment: payment.created_at),
            sentence=f"{written(missing, reservation.currency)} is missing of the "
            f"{written(reservation.amount_due, reservation.currency)} that are due.",
            at=at,
        )


def _look_again(
    reservation: Reservation, paid: Iterable[Payment], waits: list[datetime]
) -> datetime | None:
    """When the equation has to be looked at again, though nothing happens; never, at rest."""
    if waits:
        return min(waits)
    if reservation.state == ReservationState.HELD and _kept(paid) > 0:
        # A part was paid for: it goes back when the hold ends.
        return reservation.expires_at
    return None


def _reason(reservation: Reservation, paid: Iterable[Payment], excess: int) -> RefundReason:
    if reservation.state == ReservationState.EXPIRED:
        return RefundReason.TOO_LATE
    if excess <= reservation.waived - _given_back(paid):
        return RefundReason.GOODWILL
    if reservation.state == ReservationState.CANCELLED:
        return RefundReason.CANCELLED
    return RefundReason.PAID_TWICE


def _given_back(paid: Iterable[Payment]) -> int:
    """What went back, or is on its way, of what staff waived."""
    return sum(
        refund.amount
        for payment in paid
        for refund in payment.refunds.all()
        if refund.reason == RefundReason.GOODWILL and refund.state != RefundState.FAILED
    )
