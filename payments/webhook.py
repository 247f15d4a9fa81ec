"""What Stripe posts: verify, record once, look for ourselves.

An event is a reason to ask Stripe, never evidence of anything. So their order, their
number and their loss can't matter.
"""

from datetime import datetime

from payments import checkout, settlement
from payments.gateway import Event
from payments.models import Payment, WebhookEvent

SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
OUTGOING_EVENTS = frozenset(
    {
        "charge.refunded",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    }
)


USED_EVENTS = SESSION_EVENTS | OUTGOING_EVENTS


def receive(event: Event, *, at: datetime) -> WebhookEvent:
    """Act on a verified event, and note that it was done; a known one is not done again.

    Where the database or Stripe can't answer this raises, nothing is marked as done, and
    Stripe, told so, posts the event again.
    """
    record, _ = WebhookEvent.objects.get_or_create(
        stripe_id=event.id, defaults={"type": event.type, "received_at": at}
    )
    if record.processed_at is None:
        record.outcome, record.payment = _act(event, at)
        record.processed_at = at
        record.save(update_fields=["outcome", "payment", "processed_at"])
    return record


def _act(event: Event, at: datetime) -> tuple[str, Payment | None]:
    """Do what the event gives reason for. Returns the outcome in words for staff, and the
    payment of ours that it was about.
    """
    if event.type in SESSION_EVENTS:
        payment = checkout.sync(event.object_id, at=at) if event.object_id else None
        return (f"payment {payment.state}" if payment else "not ours"), payment
    if event.type in OUTGOING_EVENTS:
        return _look_at_what_left(event, at)
    return "not used", None


def _look_at_what_left(event: Event, at: datetime) -> tuple[str, Payment | None]:
    intent = event.payment_intent_id
    payment = checkout.sync_intent(intent, at=at) if intent else None
    if payment is None:
        return "not ours", None
    settlement.import_from_stripe(payment, at=at)
    return "looked at what left", payment
