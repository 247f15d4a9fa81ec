"""The worker's rounds: find the rows in a state, do the next step.

Each round may run twice, or in two workers at once, and changes nothing the second time.
One row's failure is logged and leaves the others to their turn; Stripe or the database
being away ends the round, and the next one finds the same rows again.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Q

from cinema_reservation.api.errors import is_outage
from cinema_reservation.errors import ServiceUnavailable
from payments import checkout, settlement
from payments.models import Payment, Refund
from reservation import booking
from reservation.models import Reservation, ReservationState

log = logging.getLogger(__name__)

ROWS_PER_ROUND = 200
# A webhook is seconds away as a rule; after that, asking is cheaper than waiting.
LOOK_AGAIN = timedelta(minutes=5)

Row = TypeVar("Row")


def _each(rows: Iterable[Row], step: Callable[[Row], object]) -> int:
    """Do the step for every row. Returns how many there were."""
    count = 0
    for row in rows:
        count += 1
        try:
            step(row)
        except Exception as error:
            if isinstance(error, ServiceUnavailable) or is_outage(error):
                raise
            # Whatever is wrong with one row must not keep the money of the others.
            log.exception("a round's step failed for %r", row)
    return count


def look_at_payments(*, at: datetime) -> int:
    """Ask Stripe about live payments that are past their time, or silent for a while.

    Payments that nobody waits for any more are closed, so that nobody pays them.
    """
    due = (
        Q(expires_at__lte=at)
        | Q(updated_at__lte=at - LOOK_AGAIN)
        | ~Q(reservation__state=ReservationState.HELD)
    )
    payments = Payment.objects.live().filter(due).select_related("reservation")
    return _each(payments.order_by("expires_at")[:ROWS_PER_ROUND], lambda p: _look(p, at))


def _look(payment: Payment, at: datetime) -> None:
    if payment.session_id is None:
        checkout.finish_creating(payment)
    if payment.reservation.state_at(at) == ReservationState.HELD and payment.expires_at > at:
        checkout.sync(payment.session_id or "", at=at)
    else:
        checkout.close(payment, at=at)


def settle_unsettled(*, at: datetime) -> int:
    """Settle every reservation whose money may not be what is due."""
    ids = Reservation.objects.unsettled().order_by("pk").values_list("pk", flat=True)
    return _each(
        ids[:ROWS_PER_ROUND],
        lambda pk: settlement.settle(reservation_id=pk, at=at),
    )


def send_refunds(*, at: datetime) -> int:
    """Send refunds that Stripe has not heard of, and ask after those on their way."""
    unsent = Refund.objects.unsent().select_related("payment").order_by("pk")
    count = _each(unsent[:ROWS_PER_ROUND], settlement.send)
    waiting = Payment.objects.filter(
        refunds__in=Refund.objects.on_their_way().filter(updated_at__lte=at - LOOK_AGAIN)
    ).distinct()
    return count + _each(
        waiting[:ROWS_PER_ROUND], lambda payment: settlement.import_refunds(payment, at=at)
    )


def expire_holds(*, at: datetime) -> int:
    """Tidy up holds past their time, after the last word on what was paid for them."""
    overdue = Reservation.objects.overdue(at).order_by("expires_at")
    without_payment = overdue.exclude(payments__in=Payment.objects.live())
    ids = without_payment.exclude(needs_settling=True).values_list("pk", flat=True)
    return _each(ids[:ROWS_PER_ROUND], lambda pk: booking.expire(reservation_id=pk, at=at))


def all_rounds(*, at: datetime) -> int:
    """Every round once, in the order in which one feeds the next. Returns the rows looked at."""
    rounds = (look_at_payments, settle_unsettled, send_refunds, expire_holds)
    return sum(round_(at=at) for round_ in rounds)
