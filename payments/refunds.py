"""Money on its way back: told to Stripe, asked after, learned of.

Rows are written by `settlement.py`, which decides; here they only move on, and only forward:
an answer of Stripe's that is older than what we know changes nothing. Whatever changes what is
kept is noted on the reservation in the same transaction, so that it is settled anew.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import alerts, books, disputes, gateway, mail
from payments.books import Books
from payments.gateway import StripeRefund
from payments.models import AlertKind, Payment, Refund, RefundReason, RefundState
from reservation import booking

log = logging.getLogger(__name__)

STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# A refund can fail after it had succeeded; then it is over.
ORDER = (RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED)
# Banks take some days; Stripe takes some minutes.
LATE_AT_THE_BANK, LATE_AT_STRIPE = timedelta(days=10), timedelta(hours=6)


class NotOwed(DomainError):
    code = "refund_not_owed"
    sentence = "Only a refund that failed, and that is owed still, is paid by other means."


def send(refund: Refund, *, at: datetime) -> None:
    """Tell Stripe of a refund. Told twice, it makes one: the key is the same.

    Before a second try, a look: Stripe may have made it and forgotten the key, or others may
    have sent the money. Refused, it is marked as failed. Raises `StripeUnavailable`.
    """
    if refund.created_at < at and not _is_still_to_be_sent(refund, at):
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
        if _is_still_to_be_sent(refund, at):
            _move(refund, RefundState.FAILED, at=at)
    else:
        _move(refund, _state(told), at=at, stripe_id=told.id)


def _state(told: StripeRefund) -> RefundState:
    return STATES.get(told.status, RefundState.PENDING)


def _is_still_to_be_sent(refund: Refund, at: datetime) -> bool:
    """Whether Stripe does not know it, and it is still owed, after a look at what happened."""
    try:
        ask_after(refund.payment, at=at)
        disputes.ask_after(refund.payment, at=at)
    except gateway.StripeRefused:
        log.exception("Stripe refused to list what left payment %s", refund.payment_id)
    with transaction.atomic():
        held = books.lock(refund.payment.reservation_id)
        refund.refresh_from_db()
        if refund.stripe_id is not None or refund.state != RefundState.PENDING:
            return False
        if held.goes_too_far(held.payment_of(refund)):
            _give_up(refund, held, at)
            return False
    return True


def _give_up(refund: Refund, held: Books, at: datetime) -> None:
    """The money went another way: what of it is still owed is decided anew."""
    refund.state, refund.failed_at = RefundState.FAILED, at
    refund.save(update_fields=["state", "failed_at"])
    booking.settle_from(held.reservation, at)


@transaction.atomic
def paid_by_other_means(*, refund_id: int, at: datetime) -> Refund:
    """Note that staff paid the customer of a failed refund themselves: cash, a transfer.

    Returns the row that says so. Raises `Refund.DoesNotExist`, and `NotOwed` for a refund that
    did not fail, was noted before, or whose amount went back, or is on its way, by now.
    """
    failed = Refund.objects.select_related("payment").get(pk=refund_id)
    held = books.lock(failed.payment.reservation_id)
    failed.refresh_from_db(fields=["state"])
    payment = held.payment_of(failed)
    key = f"by-hand-{failed.pk}"
    is_owed = held.owed_from(payment) >= failed.amount
    if failed.state != RefundState.FAILED or not is_owed or _is_known(key):
        raise NotOwed
    booking.settle_from(held.reservation, at)
    return payment.refunds.create(
        amount=failed.amount,
        reason=RefundReason.OTHER_MEANS,
        state=RefundState.SUCCEEDED,
        created_at=at,
        looked_at=at,
        idempotency_key=key,
    )


def _is_known(key: str) -> bool:
    return Refund.objects.filter(idempotency_key=key).exists()


def ask_after(payment: Payment, *, at: datetime) -> None:
    """Learn how the refunds of a payment fare, and of those made in Stripe's dashboard.

    Raises `StripeUnavailable`.
    """
    for told in gateway.list_refunds(payment.payment_intent_id):
        refund = _known(payment, told) or _import(payment, told, at)
        _move(refund, _state(told), at=at, stripe_id=told.id)


def _known(payment: Payment, told: StripeRefund) -> Refund | None:
    """Our row of it: by its id, or by what we wrote on it before we learned its id."""
    refunds = payment.refunds.all()
    known = refunds.filter(stripe_id=told.id).first()
    number = told.metadata.get("refund", "")
    if known is None and number.isdecimal():
        known = refunds.filter(stripe_id=None, pk=int(number)).first()
    return known


@transaction.atomic
def _import(payment: Payment, told: StripeRefund, at: datetime) -> Refund:
    reservation = booking.lock(payment.reservation_id)
    booking.settle_from(reservation, at)
    refund, _ = payment.refunds.get_or_create(
        stripe_id=told.id,
        defaults={
            "amount": told.amount,
            "reason": RefundReason.BY_HAND,
            "created_at": at,
            "looked_at": at,
            "idempotency_key": f"imported-{told.id}"[:96],
        },
    )
    return refund


@transaction.atomic
def _move(
    refund: Refund, state: RefundState, *, at: datetime, stripe_id: str | None = None
) -> None:
    """Note what Stripe says of a refund. What failed makes its reservation unsettled again."""
    held = books.lock(refund.payment.reservation_id)
    refund = Refund.objects.get(pk=refund.pk)
    before = refund.state
    if not _is_news(refund, state, stripe_id):
        return
    refund.failed_at = at if state == RefundState.FAILED else None
    refund.state, refund.looked_at = state, at
    refund.stripe_id = stripe_id or refund.stripe_id
    refund.save(update_fields=["state", "looked_at", "failed_at", "stripe_id"])
    if before != state:
        if RefundState.FAILED in {before, state}:
            booking.settle_from(held.reservation, at)
        _tell(refund, books.read(held.reservation, held.payments), at)


def _is_news(refund: Refund, state: RefundState, stripe_id: str | None) -> bool:
    """Forward only. A row that Stripe did not know, and we gave up, may turn out to be made."""
    if refund.stripe_id is None and stripe_id is not None:
        return True
    return ORDER.index(state) > ORDER.index(RefundState(refund.state))


def _tell(refund: Refund, held: Books, at: datetime) -> None:
    """Customer and staff hear of the first failure of several, and of the end of the trouble."""
    payment = held.payment_of(refund)
    alerts.mended(kind=AlertKind.REFUND_OVERDUE, payments=[payment], at=at)
    if refund.state == RefundState.FAILED and held.owed_from(payment):
        _tell_of_failure(refund, payment, held, at)
    elif refund.state == RefundState.SUCCEEDED and held.is_all_back:
        alerts.mended(kind=AlertKind.REFUND_FAILED, payments=held.payments, at=at)
        if any(row.failures_before(refund) for row in held.payments):
            mail.tell_refund(refund, held.reservation, failed_before=True)


def _tell_of_failure(refund: Refund, payment: Payment, held: Books, at: datetime) -> None:
    if not payment.failures_before(refund):
        mail.tell_refund_failed(refund, held.reservation)
    owed = written(held.owed, held.reservation.currency)
    alerts.alert(
        kind=AlertKind.REFUND_FAILED,
        payment=payment,
        sentence=f"{owed} is owed to the customer and could not be sent back.",
        at=at,
    )


def tell_if_late(refund: Refund, *, at: datetime) -> None:
    """Tell staff, once, of a refund that Stripe or a bank has had for too long."""
    patience = LATE_AT_STRIPE if refund.stripe_id is None else LATE_AT_THE_BANK
    if at - refund.created_at <= patience:
        return
    where = "could not be sent to Stripe" if refund.stripe_id is None else "has not arrived"
    amount = written(refund.amount, refund.payment.currency)
    alerts.alert(
        kind=AlertKind.REFUND_OVERDUE,
        payment=refund.payment,
        sentence=f"A refund of {amount}, begun {refund.created_at:%d %b %Y %H:%M} UTC, {where}.",
        at=at,
    )
