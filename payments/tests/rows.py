"""Rows of the ledger as no verb would leave them, and what became of them."""

import uuid
from typing import Any

from django.db.models import Model

from payments.models import Payment, PaymentState, Refund, RefundState
from payments.tests.moments import HOUR, NOW
from reservation.models import Reservation


def state_of(row: Model) -> str:
    """What the database says by now."""
    return type(row).objects.get(pk=row.pk).state


def paid_row(reservation: Reservation, *, amount: int = 2500, **fields: Any) -> Payment:
    """A paid payment of which Stripe has never heard."""
    return Payment.objects.create(
        reservation=reservation,
        state=PaymentState.PAID,
        amount=amount,
        amount_received=amount,
        currency="usd",
        idempotency_key=str(uuid.uuid4()),
        parameters={},
        expires_at=NOW + HOUR,
        **fields,
    )


def refund_row(
    payment: Payment, *, amount: int = 2500, state: str = RefundState.PENDING, **fields: Any
) -> Refund:
    """A refund of that payment of which Stripe has never heard."""
    key = str(uuid.uuid4())
    return payment.refunds.create(amount=amount, state=state, idempotency_key=key, **fields)
