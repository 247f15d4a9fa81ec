"""The worker's rounds: find the rows in a state, do the next step.

Each round may run twice, or in two workers at once, and changes nothing the second time.
Whoever asks Stripe sends the row to the end of its queue first, so that one that can't be
helped never keeps the others from their turn. One row's failure is logged; Stripe or the
database being away ends a round and leaves the rest to the next.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from cinema_reservation.errors import ServiceUnavailable
from cinema_reservation.outages import is_outage
from payments import checkout, gateway, refunds, settlement, webhook
from payments.models import Dispute, Payment, PaymentState, Refund
from payments.models.payment import IS_WANTED
from reservation import booking, waiting_list
from reservation.models import Reservation, ShowTime

log = logging.getLogger(__name__)

ROWS_PER_ROUND = 200
# Others wait for their turn: codes and mail, other rounds, whoever stops the worker.
LONGEST_ROUND_SECONDS = 20
# A webhook is seconds away as a rule; after that, asking is cheaper than waiting.
LOOK_AGAIN = timedelta(minutes=5)
# What nobody waits for any more is asked about sooner, yet not in every round.
LOOK_SOON = timedelta(seconds=5)
# Whoever creates a page has given up by then; and Stripe still takes its end, half an hour away.
FINISH_CREATING = timedelta(minutes=1)
RETRY_SETTLING = timedelta(minutes=1)
LOOK_AT_DISPUTE = timedelta(days=1)
# Stripe posts an event again and again for about as long.
MISSED_SINCE = timedelta(days=3)

Row = TypeVar("Row")


def _each(rows: Iterable[Row], step: Callable[[Row], object]) -> int:
    """Do the step for every row, as far as time allows. Returns how many were done."""
    done, ends = 0, time.monotonic() + LONGEST_ROUND_SECONDS
    for row in rows:
        if time.monotonic() > ends:
            break
        try:
            step(row)
            done += 1
        except ServiceUnavailable as error:
            log.warning("a round ends early: %s", error)
            break
        except Exception as error:
            # Whatever is wrong with one row must not keep the money of the others.
            log.exception("a round's step failed for %r", row)
            if is_outage(error) and not connection.is_usable():
                break
    return done


def look_at_payments(*, at: datetime) -> int:
    """Ask Stripe about live payments that are past their time, or silent for a while.

    Payments that nobody waits for any more are closed, so that nobody pays them.
    """
    is_over = Q(expires_at__lte=at) | ~IS_WANTED
    # A bank takes days, and can't be hurried.
    unwanted = is_over & ~Q(state=PaymentState.PROCESSING)
    unfinished = Q(state=PaymentState.CREATING)
    due = (
        Q(looked_at__lte=at - LOOK_AGAIN)
        | (unfinished & Q(looked_at__lte=at - FINISH_CREATING))
        | (unwanted & Q(looked_at__lte=at - LOOK_SOON))
    )
    related = "reservation", "exchange__replacement"
    payments = Payment.objects.live().filter(due).select_related(*related)
    return _each(payments.order_by("looked_at")[:ROWS_PER_ROUND], lambda p: _look(p, at))


def _look(payment: Payment, at: datetime) -> None:
    if not Payment.objects.claim(payment, at=at):
        return
    if payment.session_id is None:
        checkout.finish_creating(payment)
    is_open = payment.is_wanted_at(at) and payment.expires_at > at
    if is_open or payment.state == PaymentState.PROCESSING:
        checkout.sync(payment.session_id or "", at=at)
    else:
        checkout.close(payment, at=at)


def clear_cancelled_shows(*, at: datetime) -> int:
    """Cancel what people still hold of shows that the house cancelled."""
    ids = Reservation.objects.of_cancelled_shows(at).order_by("pk").values_list("pk", flat=True)
    return _each(
        ids[:ROWS_PER_ROUND], lambda pk: booking.cancel_by_house(reservation_id=pk, at=at)
    )


def settle_unsettled(*, at: datetime) -> int:
    """Settle every reservation whose money may not be what is due."""
    rows = Reservation.objects.unsettled(at).order_by("settle_after")
    return _each(rows[:ROWS_PER_ROUND], lambda reservation: _settle(reservation, at))


def _settle(reservation: Reservation, at: datetime) -> None:
    same = Reservation.objects.filter(pk=reservation.pk, settle_after=reservation.settle_after)
    if same.update(settle_after=at + RETRY_SETTLING):
        settlement.settle_now(reservation_id=reservation.pk, at=at)


def send_refunds(*, at: datetime) -> int:
    """Send refunds that Stripe has not heard of, and ask after those on their way."""
    unsent = Refund.objects.unsent().select_related("payment").order_by("looked_at")
    count = _each(unsent[:ROWS_PER_ROUND], lambda refund: _send(refund, at))
    waiting = Refund.objects.on_their_way().filter(looked_at__lte=at - LOOK_AGAIN)
    payments = waiting.select_related("payment").order_by("looked_at")
    return count + _each(payments[:ROWS_PER_ROUND], lambda refund: _ask_after(refund, at))


def _send(refund: Refund, at: datetime) -> None:
    if Refund.objects.claim(refund, at=at):
        refunds.tell_if_late(refund, at=at)
        refunds.send(refund, at=at)


def _ask_after(refund: Refund, at: datetime) -> None:
    if Refund.objects.claim(refund, at=at):
        refunds.tell_if_late(refund, at=at)
        settlement.import_from_stripe(refund.payment, at=at)


def ask_after_disputes(*, at: datetime) -> int:
    """Ask how disputes stand that no bank has decided, should an event about them be lost."""
    waiting = Dispute.objects.undecided().filter(looked_at__lte=at - LOOK_AT_DISPUTE)
    disputes = waiting.select_related("payment").order_by("looked_at")
    return _each(disputes[:ROWS_PER_ROUND], lambda dispute: _ask_after_dispute(dispute, at))


def _ask_after_dispute(dispute: Dispute, at: datetime) -> None:
    if Dispute.objects.claim(dispute, at=at):
        settlement.import_from_stripe(dispute.payment, at=at)


def expire_holds(*, at: datetime) -> int:
    """Tidy up holds past their time, after the last word on what was paid for them."""
    overdue = Reservation.objects.overdue(at).order_by("expires_at")
    may_be_paid = Exists(Payment.objects.live().filter(reservation=OuterRef("pk")))
    ids = overdue.exclude(may_be_paid).filter(settle_after=None).values_list("pk", flat=True)
    return _each(ids[:ROWS_PER_ROUND], lambda pk: booking.expire(reservation_id=pk, at=at))


def offer_seats(*, at: datetime) -> int:
    """Offer seats of sold-out shows that came back to whoever is first in line for them."""
    shows = ShowTime.objects.waited_for(at).order_by("pk").values_list("pk", flat=True)
    return _each(shows, lambda pk: _offer(pk, at))


def _offer(show_id: int, at: datetime) -> None:
    while waiting_list.has_turns(show_id=show_id, at=at):
        # None where all who were next may not have them any more; the others are next now.
        if not waiting_list.make_offers(show_id=show_id, at=at):
            break


def collect_missed_events(*, at: datetime) -> int:
    """Take in the events that Stripe could not deliver, as if it had.

    A question over the network though nothing may be due: asked every few minutes. Most of
    what events tell is found by the rounds without them; refunds from Stripe's dashboard and
    disputes are not. Raises `StripeUnavailable`.
    """
    since = at - MISSED_SINCE
    missed = gateway.list_undelivered_events(types=webhook.USED_EVENTS, since=since)
    return _each(missed, lambda event: webhook.receive(event, at=at))


# In the order in which one feeds the next.
ROUNDS = (
    look_at_payments,
    clear_cancelled_shows,
    settle_unsettled,
    send_refunds,
    ask_after_disputes,
    expire_holds,
    offer_seats,
)


def all_rounds(*, at: datetime) -> int:
    """Every round once. Returns how many rows moved."""
    return sum(round_(at=at) for round_ in ROUNDS)
