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
    # Ended before it began, by giving the money back.
    "prevented": DisputeState.LOST,
}
ORDER = {
    DisputeState.INQUIRY: 0,
    DisputeState.OPEN: 1,
    DisputeState.WON: 2,
    DisputeState.LOST: 2,
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
    dispute = Dispute.objects.filter(stripe_id=told.id).first()
    if dispute is None:
        dispute = _new(payment, told, at)
    elif not _is_news(dispute, state):
        return
    dispute.state, dispute.amount, dispute.answer_by = state, told.amount, told.answer_by
    dispute.looked_at = at
    dispute.save()
    booking.settle_from(reservation, at)
    _tell_staff(dispute, at)


def _new(payment: Payment, told: StripeDispute, at: datetime) -> Dispute:
    return Dispute(payment=payment, stripe_id=told.id, reason=told.reason[:100], created_at=at)


def _is_news(dispute: Dispute, state: DisputeState) -> bool:
    """Forward only: first the bank asks, then it takes, then it decides, perhaps once more."""
    return state != dispute.state and ORDER[state] >= ORDER[DisputeState(dispute.state)]


def _tell_staff(dispute: Dispute, at: datetime) -> None:
    # A question that became a dispute is told as what it is now.
    alerts.mended(kind=AlertKind.DISPUTED, payments=[dispute.payment], at=at)
    amount = written(dispute.amount, dispute.payment.currency)
    until = f" Answer until {dispute.answer_by:%d %b %Y %H:%M} UTC." if dispute.answer_by else ""
    match dispute.state:
        case DisputeState.INQUIRY:
            what = f"The customer's bank asks about {amount} ({dispute.reason}); it took nothing."
        case DisputeState.OPEN:
            what = f"The customer's bank took {amount} back ({dispute.reason}) until it decides."
        case _:
            return
    alerts.alert(kind=AlertKind.DISPUTED, payment=dispute.payment, sentence=what + until, at=at)
