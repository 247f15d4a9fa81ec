"""Payments that a buyer's bank takes back, or asks about: learned from Stripe, answered there.

While the bank decides, and when it decided for the buyer, the money counts as gone: it is
neither ours nor to be refunded. Which seats it was paid for is for staff to say.
"""

from datetime import datetime

from django.db import transaction

from cinema_reservation.money import written
from payments import alerts, gateway
from payments.gateway import StripeDispute
from payments.models import AlertKind, Dispute, DisputeState, Payment
from reservation import booking

STATES = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.WON,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def ask_after(payment: Payment, *, at: datetime) -> None:
    """Learn of the disputes of a payment. Raises `StripeUnavailable`."""
    for told in gateway.list_disputes(payment.payment_intent_id):
        _import(payment, told, at)


@transaction.atomic
def _import(payment: Payment, told: StripeDispute, at: datetime) -> None:
    """Note how a dispute stands, under the reservation's lock; a change is to be settled."""
    reservation = booking.lock(payment.reservation_id)
    # A state that we do not know is one in which the money may be gone.
    state = STATES.get(told.status, DisputeState.OPEN)
    before = Dispute.objects.filter(stripe_id=told.id).first()
    Dispute.objects.update_or_create(
        stripe_id=told.id,
        defaults={"state": state, "amount": told.amount, "looked_at": at},
        create_defaults={
            "payment": payment,
            "state": state,
            "amount": told.amount,
            "reason": told.reason[:100],
            "answer_by": told.answer_by,
            "created_at": at,
            "looked_at": at,
        },
    )
    if before is None or before.state != state:
        booking.settle_from(reservation, at)
        _tell_staff(payment, told, state, at)


def _tell_staff(payment: Payment, told: StripeDispute, state: DisputeState, at: datetime) -> None:
    if state in {DisputeState.WON, DisputeState.LOST}:
        alerts.mended(kind=AlertKind.DISPUTED, payments=[payment], at=at)
        return
    amount = written(told.amount, payment.currency)
    until = f", until {told.answer_by:%d %b %Y %H:%M} UTC" if told.answer_by else ""
    alerts.alert(
        kind=AlertKind.DISPUTED,
        payment=payment,
        sentence=f"The customer's bank disputes {amount} ({told.reason}) and waits for an "
        f"answer{until}.",
        at=at,
    )
