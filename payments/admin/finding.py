"""How money is found among a million payments: by ids of Stripe's, else by the reservation."""

from typing import Any
from uuid import UUID

from payments.models import Dispute, Payment, Refund
from reservation.admin import finding
from reservation.admin.finding import MOST_FOUND


def movements(model: type[Any], words: str) -> list[Any]:
    """Ids of the rows of that ledger with that id of Stripe's, or else of what they did to."""
    rows = model.objects.order_by().values_list("pk", flat=True)
    if hasattr(model, "stripe_id") and (own := list(rows.filter(stripe_id=words))):
        return own
    return list(rows.filter(payment__in=payments(words))[:MOST_FOUND])


def payments(words: str) -> list[UUID]:
    """Ids of the payments that the words may mean.

    Stripe's ids are compared letter by letter, as their indexes have them.
    """
    payments = Payment.objects.order_by()
    of_sessions = payments.filter(session_id=words).values_list("pk")
    found = of_sessions.union(
        payments.filter(payment_intent_id=words).values_list("pk"),
        Refund.objects.filter(stripe_id=words).order_by().values_list("payment"),
        Dispute.objects.filter(stripe_id=words).order_by().values_list("payment"),
    )
    if keys := [key for (key,) in found]:
        return keys
    theirs = payments.filter(reservation__in=finding.reservations(words))
    return list(theirs.values_list("pk", flat=True)[:MOST_FOUND])
