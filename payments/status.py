"""How a reservation's money stands, for its owner and for people after paying."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from payments import checkout, settlement
from payments.models import Payment, PaymentState, RefundState
from reservation.models import Reservation, ReservationState

# Clients poll; Stripe is asked at most this often about one payment.
ASK_AGAIN = timedelta(seconds=3)


class PaymentStatus(StrEnum):
    UNPAID = "unpaid"
    PROCESSING = "processing"
    PAID = "paid"
    REFUNDING = "refunding"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Standing(NamedTuple):
    """Amounts in minor units: what came in, what went back, what is on its way back."""

    status: PaymentStatus
    paid: int
    refunded: int
    refunding: int
    checkout_url: str


def standing(reservation: Reservation, *, at: datetime) -> Standing:
    """What our ledger says. Asks nobody."""
    payments = list(reservation.payments.prefetch_related("refunds", "exchange__replacement"))
    refunds = [refund for payment in payments for refund in payment.refunds.all()]
    paid = sum(payment.amount_received for payment in payments)
    refunded = sum(r.amount for r in refunds if r.state == RefundState.SUCCEEDED)
    refunding = sum(r.amount for r in refunds if r.state == RefundState.PENDING)
    page = _open_page(reservation, payments, at)
    is_free = reservation.total == 0 and reservation.state == ReservationState.CONFIRMED
    status = _status(payments, paid=paid, refunded=refunded, refunding=refunding, is_free=is_free)
    return Standing(status, paid, refunded, refunding, page)


def _status(
    payments: list[Payment], *, paid: int, refunded: int, refunding: int, is_free: bool
) -> PaymentStatus:
    if not paid:
        if is_free:
            return PaymentStatus.PAID
        processing = any(payment.state == PaymentState.PROCESSING for payment in payments)
        return PaymentStatus.PROCESSING if processing else PaymentStatus.UNPAID
    if refunding:
        return PaymentStatus.REFUNDING
    if refunded >= paid:
        return PaymentStatus.REFUNDED
    return PaymentStatus.PARTIALLY_REFUNDED if refunded else PaymentStatus.PAID


def _open_page(reservation: Reservation, payments: list[Payment], at: datetime) -> str:
    for payment in payments:
        payment.reservation = reservation
        if payment.state == PaymentState.OPEN and payment.is_wanted_at(at):
            return payment.checkout_url
    return ""


def bring_up_to_date(reservation: Reservation, *, at: datetime) -> None:
    """Do now what a webhook or the worker would do soon. Raises `StripeUnavailable`."""
    live = reservation.payments.live().filter(looked_at__lte=at - ASK_AGAIN).first()
    if live is not None and live.session_id:
        # While Stripe is slow, those who poll must not all wait for it at once.
        if Payment.objects.claim(live, at=at):
            checkout.sync(live.session_id, at=at)
    elif reservation.settle_after is not None and reservation.settle_after <= at:
        settlement.settle(reservation_id=reservation.pk, at=at)
