"""Exchanges and the settlement equation.

While an exchange waits, the old total is due. What was paid for it therefore looks like too
much; so before anybody asks what is too much, an exchange that is covered is made, and one that
can't be made is given up. After that there is nothing special about it.
"""

import logging
from datetime import datetime

from cinema_reservation.errors import DomainError
from payments import books
from payments.books import Books
from payments.models import Payment, RefundReason
from reservation import booking, exchanging
from reservation.models import Exchange, ExchangeState, Reservation

log = logging.getLogger(__name__)


def make_what_is_covered(held: Books, at: datetime) -> Reservation:
    """Make the exchange that untouched money came for, or give it up. Returns the reservation.

    Whether it is covered says the equation: what is kept has to reach what is due once it is
    made. Money that came for another exchange, or for none, makes none by itself.
    """
    exchange = _paid_for(held)
    if exchange is None:
        return held.reservation
    due = held.reservation.less_waived(exchange.replacement.total)
    if books.kept(held.paid) >= due:
        _make_or_give_up(exchange, at)
    else:
        exchanging.give_up(exchange_id=exchange.pk, at=at)
    return booking.lock(held.reservation.pk)


def _paid_for(held: Books) -> Exchange | None:
    """The exchange that waits, if money came for it."""
    ids = {p.exchange_id for p in books.untouched(held.paid) if p.exchange_id is not None}
    if not ids:
        return None
    waiting = held.reservation.exchanges.waiting().filter(pk__in=ids)
    return waiting.select_related("replacement").first()


def _make_or_give_up(exchange: Exchange, at: datetime) -> None:
    try:
        exchanging.make(exchange_id=exchange.pk, at=at)
    except DomainError as refusal:
        log.info("payment for %s came too late: %s", exchange, refusal)
        exchanging.give_up(exchange_id=exchange.pk, at=at)


def reason(held: Books) -> RefundReason | None:
    """Why money goes back of a reservation that is sold, if it is for an exchange."""
    if held.excess <= 0:
        return None
    if _is_any_in_vain(held.paid):
        return RefundReason.NOT_EXCHANGED
    if held.excess <= _made_cheaper(held.reservation) - held.sent_back(RefundReason.EXCHANGED):
        return RefundReason.EXCHANGED
    return None


def _is_any_in_vain(paid: list[Payment]) -> bool:
    """Whether money is kept that came for an exchange which was not made."""
    ids = [payment.exchange_id for payment in paid if payment.exchange_id and payment.kept]
    return Exchange.objects.filter(pk__in=ids).exclude(state=ExchangeState.MADE).exists()


def _made_cheaper(reservation: Reservation) -> int:
    cheaper = reservation.exchanges.filter(state=ExchangeState.MADE, difference__lt=0)
    return -sum(cheaper.values_list("difference", flat=True))
