"""Money on its way back: told to Stripe, asked after, learned of.

Rows are written by `settlement.py`, which decides; here they only move on. Whatever fails
is noted on the reservation in the same transaction, so that it is settled anew.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import alerts, disputes, gateway, mail
from payments.models import AlertKind, Payment, Refund, RefundReason, RefundState
from reservation import booking
from reservation.models import Reservation

log = logging.getLogger(__name__)

STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}


# Stripe forgets idempotency keys after 24 hours.
KEY_IS_KNOWN_FOR = timedelta(hours=20)


class NotOwed(DomainError):
    code = "refund_not_owed"
    sentence = "Only a refund that failed, and that is owed still, is paid by other means."


def send(refund: Refund, *, at: datetime) -> None:
    """Tell Stripe of a refund. Told twice, it makes one: the key is the same.

    Refused, it is marked as failed, after a look at what happened without us: money that
    went back from Stripe's dashboard, or that a bank took, can't go back again. Raises
    `StripeUnavailable`.
    """
    if at - refund.created_at > KEY_IS_KNOWN_FOR:
        # Stripe may have made it, and forgotten the key by now: sent again, it would make two.
        ask_after(refund.payment, at=at)
        refund.refresh_from_db()
        if refund.stripe_id is not None:
            return
    try:
        told = gateway.create_refund(
            payment_intent_id=refund.payment.payment_intent_id,
            amount=refund.amount,
            idempotency_key=refund.idempotency_key,
            metadata={"refund": str(refund.pk)},
        )
    except gateway.StripeRefused:
        log.exception("Stripe refused refund %s", refund.pk)
        _ask_whether_others_were_faster(refund.payment, at)
        _move(refund, RefundState.FAILED, at=at)
        return
    _move(refund, STATES.get(told.status, RefundState.PENDING), at=at, stripe_id=told.id)


def _ask_whether_others_were_faster(payment: Payment, at: datetime) -> None:
    try:
        ask_after(payment, at=at)
        disputes.ask_after(payment, at=at)
    except gateway.StripeRefused:
        log.exception("Stripe refused to list what left payment %s", payment.pk)


@transaction.atomic
def paid_by_other_means(*, refund_id: int, at: datetime) -> Refund:
    """Note that staff paid the customer of a failed refund themselves: cash, a transfer.

    Returns the row that says so. Raises `Refund.DoesNotExist`, and `NotOwed` for a refund that
    did not fail, or whose amount went back, or is on its way, by now.
    """
    payment = Refund.objects.select_related("payment").get(pk=refund_id).payment
    reservation = booking.lock(payment.reservation_id)
    failed = payment.refunds.get(pk=refund_id)
    if failed.state != RefundState.FAILED or payment.kept < failed.amount:
        raise NotOwed
    booking.settle_from(reservation, at)
    alerts.mended(kind=AlertKind.REFUND_FAILED, payments=[payment], at=at)
    return payment.refunds.create(
        amount=failed.amount,
        reason=RefundReason.OTHER_MEANS,
        state=RefundState.SUCCEEDED,
        created_at=at,
        looked_at=at,
        idempotency_key=f"by-hand-{failed.pk}",
    )


def ask_after(payment: Payment, *, at: datetime) -> None:
    """Learn how the refunds of a payment fare, and of those made in Stripe's dashboard.

    Raises `StripeUnavailable`.
    """
    for told in gateway.list_refunds(payment.payment_intent_id):
        state = STATES.get(told.status, RefundState.PENDING)
        refund = _known(payment, told) or _imported(payment, told)
        _move(refund, state, at=at, stripe_id=told.id)


def _known(payment: Payment, told: gateway.StripeRefund) -> Refund | None:
    """Our row of it: by its id, or by what we wrote on it before we learned its id."""
    refunds = payment.refunds.all()
    known = refunds.filter(stripe_id=told.id).first()
    number = told.metadata.get("refund", "")
    if known is None and number.isdecimal():
        known = refunds.filter(stripe_id=None, pk=int(number)).first()
    return known


def _imported(payment: Payment, told: gateway.StripeRefund) -> Refund:
    refund, _ = payment.refunds.get_or_create(
        stripe_id=told.id,
        defaults={
            "amount": told.amount,
            "reason": RefundReason.BY_HAND,
            "idempotency_key": f"imported-{told.id}"[:96],
        },
    )
    return refund


@transaction.atomic
def _move(
    refund: Refund, state: RefundState, *, at: datetime, stripe_id: str | None = None
) -> None:
    """Note what Stripe says of a refund. What failed makes its reservation unsettled again."""
    reservation = booking.lock(refund.payment.reservation_id)
    refund = Refund.objects.get(pk=refund.pk)
    before = refund.state
    if state == RefundState.FAILED and before != RefundState.FAILED:
        refund.failed_at = at
        booking.settle_from(reservation, at)
    refund.state, refund.looked_at = state, at
    refund.stripe_id = stripe_id or refund.stripe_id
    refund.save(update_fields=["state", "looked_at", "failed_at", "stripe_id"])
    if before != state:
        _tell(refund, reservation, at)


def _tell(refund: Refund, reservation: Reservation, at: datetime) -> None:
    """Customer and staff hear of the first failure of several, and of the end of the trouble."""
    payment = refund.payment
    others_failed = payment.refunds.exclude(pk=refund.pk).filter(state=RefundState.FAILED).exists()
    if refund.state == RefundState.SUCCEEDED and others_failed:
        alerts.mended(kind=AlertKind.REFUND_FAILED, payments=[payment], at=at)
        mail.tell_refund(refund, reservation, failed_before=True)
    # What went back by another way is not missing.
    if refund.state != RefundState.FAILED or payment.kept < refund.amount:
        return
    if not others_failed:
        mail.tell_refund_failed(refund, reservation)
    amount = written(refund.amount, payment.currency)
    alerts.alert(
        kind=AlertKind.REFUND_FAILED,
        payment=payment,
        sentence=f"{amount} could not be sent back to the customer.",
        at=at,
    )
