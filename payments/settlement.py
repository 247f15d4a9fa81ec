"""The settlement equation: for every reservation, at rest, paid - refunded = amount due.

`settle` moves both sides until it holds. It never asks why they differ: a late payment, a
second payment, a cancellation, a cancelled show are all the same to it.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import alerts, books, disputes, exchanges, gateway, mail, refunds
from payments.books import Books
from payments.models import AlertKind, Payment, Refund, RefundReason
from reservation import booking
from reservation.errors import ShowCancelled
from reservation.models import Reservation, ReservationState

log = logging.getLogger(__name__)

NOT_AS_ASKED = RefundReason.NOT_AS_ASKED


def settle(*, reservation_id: int, at: datetime) -> None:
    """Confirm what is covered, send back what is kept above what is due.

    Safe to call at any time, any number of times, by several at once. A refund that Stripe
    can't take now stays pending, and the worker asks again.
    """
    try:
        settle_now(reservation_id=reservation_id, at=at)
    except gateway.StripeUnavailable:
        log.warning("refunds of reservation %s wait for Stripe", reservation_id)


def settle_now(*, reservation_id: int, at: datetime) -> None:
    """Settle, and say whether Stripe is away: raises `StripeUnavailable`.

    The decision is one transaction under the locks of the payments and the reservation;
    Stripe is asked after it.
    """
    for refund in _decide(reservation_id, at):
        refunds.send(refund, at=at)


def import_from_stripe(payment: Payment, *, at: datetime) -> None:
    """Learn what left a payment, by us or without us, and settle. Raises `StripeUnavailable`."""
    refunds.ask_after(payment, at=at)
    disputes.ask_after(payment, at=at)
    settle(reservation_id=payment.reservation_id, at=at)


@transaction.atomic
def _decide(reservation_id: int, at: datetime) -> list[Refund]:
    """Change the reservation and write the refunds. Returns all that Stripe hasn't heard of."""
    held = _confirm_or_end(books.lock(reservation_id), at)
    waits = _write_refunds(held.paid, held.excess, _reason(held), at)
    waits += _write_refunds(held.rejected, books.kept(held.rejected), NOT_AS_ASKED, at)
    held = books.read(held.reservation, held.payments)
    if held.is_all_back:
        alerts.mended(kind=AlertKind.REFUND_FAILED, payments=held.payments, at=at)
    _tell_what_is_missing(held, at)
    booking.settle_from(held.reservation, _look_again(held, waits))
    return list(Refund.objects.filter(payment__in=held.payments).unsent())


def _confirm_or_end(held: Books, at: datetime) -> Books:
    """What is covered is confirmed; what nothing can cover any more ends when its time is up."""
    reservation = held.reservation
    if reservation.state == ReservationState.CONFIRMED:
        reservation = exchanges.make_what_is_covered(held, at)
    elif _is_covered(reservation, held.paid):
        reservation = _confirm_or_give_up(reservation, at)
    elif not any(payment.is_live for payment in held.payments):
        booking.expire(reservation_id=reservation.pk, at=at)
        reservation.refresh_from_db()
    return books.read(reservation, held.payments)


def _is_covered(reservation: Reservation, paid: Iterable[Payment]) -> bool:
    """Whether untouched payments cover a reservation that waits for them.

    Money of which some was sent back, or tried to, was given up: should its refund fail,
    it buys nothing behind the back of a customer who was told that it returns. Nor does
    money that its buyer's bank asked back, whatever the bank decides.
    """
    if reservation.state not in {ReservationState.HELD, ReservationState.EXPIRED}:
        return False
    whole = books.untouched(paid)
    return bool(whole) and books.kept(whole) >= reservation.total


def _confirm_or_give_up(reservation: Reservation, at: datetime) -> Reservation:
    """A covered reservation is confirmed; one that can't be any more is owed its money."""
    try:
        return booking.confirm(reservation_id=reservation.pk, at=at)
    except ShowCancelled:
        booking.cancel_by_house(reservation_id=reservation.pk, at=at, was_paid=True)
    except DomainError as refusal:
        log.info("payment for %s came too late: %s", reservation, refusal)
        booking.end_unsold(reservation_id=reservation.pk, at=at)
    return booking.lock(reservation.pk)


def _write_refunds(
    payments: list[Payment], excess: int, reason: RefundReason, at: datetime
) -> list[datetime]:
    """Write refunds over `excess`; returns when to look again at what has to wait.

    Newest payment first: what came twice goes back to where it came from last. What failed
    waits, and is then tried with a new key; what was not tried yet does not wait for it.
    """
    waits = []
    for payment in sorted(payments, key=lambda payment: payment.created_at, reverse=True):
        amount = min(excess, payment.kept)
        retry_at = payment.refund_retry_at
        if amount > 0 and retry_at is not None and retry_at > at:
            waits.append(retry_at)
            amount -= payment.held_back
        if amount > 0:
            excess -= amount
            _write_refund(payment, amount, reason, at)
    return waits


def _write_refund(payment: Payment, amount: int, reason: RefundReason, at: datetime) -> None:
    retry_at = payment.refund_retry_at
    refund = payment.refunds.create(
        amount=amount,
        reason=reason,
        created_at=at,
        looked_at=at,
        idempotency_key=f"refund-{payment.pk}-{len(payment.refunds.all()) + 1}",
    )
    # Whoever was told of a failure hears of the next try when it succeeds.
    if retry_at is None or retry_at > at:
        mail.tell_refund(refund, payment.reservation)


def _tell_what_is_missing(held: Books, at: datetime) -> None:
    """Tell staff of a sold reservation whose money went without us; never guess which seat.

    What a bank has yet to decide they were told of already.
    """
    missing = -held.excess - sum(payment.disputed for payment in held.paid)
    is_due = held.reservation.state in {ReservationState.CONFIRMED, ReservationState.CANCELLED}
    if missing <= 0 or not is_due:
        alerts.mended(kind=AlertKind.TOO_LITTLE_KEPT, payments=held.paid, at=at)
    elif held.paid:
        currency = held.reservation.currency
        alerts.alert(
            kind=AlertKind.TOO_LITTLE_KEPT,
            payment=max(held.paid, key=lambda payment: payment.created_at),
            sentence=f"{written(missing, currency)} is missing of the "
            f"{written(held.reservation.amount_due, currency)} that are due.",
            at=at,
        )


def _look_again(held: Books, waits: list[datetime]) -> datetime | None:
    """When the equation has to be looked at again, though nothing happens; never, at rest."""
    if waits:
        return min(waits)
    if held.reservation.state == ReservationState.HELD and books.kept(held.paid) > 0:
        # A part was paid for: it goes back when the hold ends.
        return held.reservation.expires_at
    return None


def _reason(held: Books) -> RefundReason:
    reservation = held.reservation
    if reservation.state == ReservationState.EXPIRED:
        return RefundReason.TOO_LATE
    if held.excess <= reservation.waived - held.sent_back(RefundReason.GOODWILL):
        return RefundReason.GOODWILL
    if reservation.state == ReservationState.CANCELLED:
        return RefundReason.CANCELLED
    return exchanges.reason(held) or RefundReason.PAID_TWICE
