"""How the money of one reservation stands: the settlement equation, under its locks."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from payments.models import Payment, PaymentState, Refund, RefundReason, RefundState
from reservation import booking
from reservation.models import Reservation


@dataclass(frozen=True)
class Books:
    """A reservation and all its payments, with their refunds and disputes, standing still."""

    reservation: Reservation
    payments: list[Payment]

    @property
    def paid(self) -> list[Payment]:
        return [payment for payment in self.payments if payment.state == PaymentState.PAID]

    @property
    def rejected(self) -> list[Payment]:
        return [payment for payment in self.payments if payment.state == PaymentState.REJECTED]

    @property
    def excess(self) -> int:
        """What is kept above what is due, in minor units; below zero, what is missing."""
        return kept(self.paid) - self.reservation.amount_due

    def owed_from(self, payment: Payment) -> int:
        """What has to go back and is not on its way, as far as this payment can give it."""
        if payment.state == PaymentState.REJECTED:
            return payment.kept
        return min(payment.kept, max(self.excess, 0))

    def payment_of(self, refund: Refund) -> Payment:
        return next(payment for payment in self.payments if payment.pk == refund.payment_id)

    def goes_too_far(self, payment: Payment) -> bool:
        """Whether more is gone from it, or on its way, than had to go back."""
        is_too_much = payment.state == PaymentState.PAID and self.excess < 0
        return is_too_much or payment.is_overdrawn

    def sent_back(self, reason: RefundReason) -> int:
        """What went back, or is on its way, of what was paid, for that reason."""
        return sum(
            refund.amount
            for payment in self.paid
            for refund in payment.refunds.all()
            if refund.reason == reason and refund.state != RefundState.FAILED
        )

    @property
    def owed(self) -> int:
        """What has to go back and is not on its way."""
        return max(self.excess, 0) + kept(self.rejected)

    @property
    def is_all_back(self) -> bool:
        """Whether nothing has to go back any more, nor is on its way."""
        refunds = [refund for payment in self.payments for refund in payment.refunds.all()]
        return self.owed == 0 and all(r.state != RefundState.PENDING for r in refunds)


def kept(payments: Iterable[Payment]) -> int:
    """What we keep of these payments, in minor units."""
    return sum(payment.kept for payment in payments)


def untouched(payments: Iterable[Payment]) -> list[Payment]:
    """Those of which nothing went back, was tried to, or was asked back by a bank."""
    return [p for p in payments if not p.refunds.all() and not p.disputes.all()]


def lock(reservation_id: int) -> Books:
    """Lock the payments, then the reservation, and read what left. In a transaction.

    Raises `Reservation.DoesNotExist`.
    """
    payments = _lock_payments(reservation_id)
    return read(booking.lock(reservation_id), payments)


def _lock_payments(reservation_id: int) -> list[Payment]:
    payments = Payment.objects.filter(reservation=reservation_id).order_by("pk")
    return list(payments.select_for_update(no_key=True))


def read(reservation: Reservation, payments: list[Payment]) -> Books:
    """The books as they stand now. Refunds and disputes move under the reservation's lock."""
    for payment in payments:
        payment._prefetched_objects_cache = {}  # type: ignore[attr-defined]
        payment.reservation = reservation
    prefetch_related_objects(payments, "refunds", "disputes")
    return Books(reservation, payments)
