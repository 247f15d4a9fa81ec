"""What is true once nothing is left to do."""

from payments.models import Alert, AlertKind, Refund, RefundState
from payments.tests.any_order.always import mails
from payments.tests.any_order.books import Books
from reservation.models import Reservation, ReservationState


def assert_everything_is_settled(books: Books) -> None:
    """At rest: what is kept is what is due, our books say what Stripe's say, all were told."""
    for reservation in books.reservations:
        assert reservation.settle_after is None, f"{reservation.pk} is still to be settled"
        assert reservation.state != ReservationState.HELD, f"{reservation.pk} is still held"
        if reservation.state == ReservationState.CONFIRMED:
            assert not reservation.showtime.is_cancelled, f"{reservation.pk} has no show"
        _assert_equation(books, reservation)
        _assert_told(reservation)
    for payment in books.payments:
        assert not payment.is_live, f"a payment is still {payment.state}"
        at_stripe = [books.kept(charge) for charge in books.charges_of(payment=payment.pk)]
        assert payment.kept == sum(at_stripe), (
            f"{payment.kept} in our books, {at_stripe} at Stripe"
        )
        assert not payment.refunds.filter(state=RefundState.PENDING).exists()


def _assert_equation(books: Books, reservation: Reservation) -> None:
    charges = list(books.charges_of(reservation=reservation.pk))
    kept = sum(books.kept(charge) for charge in charges)
    without_us = sum(books.refunded(c, by_us=False) + books.taken(c) for c in charges)
    due, what = reservation.amount_due, f"{reservation.pk} ({reservation.state})"
    assert kept <= due, f"{what}: {kept} kept, {due} due"
    assert due - kept <= without_us, (
        f"{what}: {kept} kept, {due} due, {without_us} left without us"
    )
    if kept < due and reservation.state == ReservationState.CONFIRMED:
        alerts = Alert.objects.open().filter(payment__reservation=reservation)
        assert alerts.filter(kind=AlertKind.TOO_LITTLE_KEPT).exists(), f"{what}: nobody knows"


def _assert_told(reservation: Reservation) -> None:
    was_sold = reservation.confirmed_at is not None
    assert mails(reservation, "Your seats for") == was_sold
    cancelled = mails(reservation, "is cancelled") + mails(reservation, "had to be cancelled")
    assert cancelled <= 1
    if was_sold and reservation.state == ReservationState.CANCELLED:
        assert cancelled == 1
    ours = Refund.objects.filter(payment__reservation=reservation).exclude(
        idempotency_key__startswith="imported"
    )
    if ours.filter(state=RefundState.SUCCEEDED).exists():
        assert mails(reservation, "on its way back"), f"{reservation.pk} heard of no refund"
