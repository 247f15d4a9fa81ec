"""What is asked of a customer: for which seats, how much, in which words.

A hold is paid for in full; an exchange that waits, by its difference. In both cases the seats
are kept for as long as the payment page is open.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from cinema_reservation.errors import DomainError
from payments import books
from payments.models import Payment
from reservation import booking, exchanging
from reservation.errors import AlreadyConfirmed
from reservation.models import Exchange, Reservation


class MoneyMissing(DomainError):
    code = "money_missing"
    sentence = (
        "Some of what was paid for this reservation went back, or is disputed, so nothing can "
        "be paid on top of it. Please call the cinema."
    )


@dataclass(frozen=True)
class Asked:
    """What is to be paid for: a hold, or the exchange of a reservation."""

    reservation: Reservation
    amount: int
    kept_until: datetime
    exchange: Exchange | None = None

    @property
    def exchange_id(self) -> int | None:
        return self.exchange.pk if self.exchange else None

    @property
    def wanted(self) -> Reservation:
        """Whose show and seats are paid for."""
        return self.exchange.replacement if self.exchange else self.reservation


def keep_seats(*, reservation_id: int, until: datetime, at: datetime) -> Asked:
    """What is to be paid now, its seats kept until then. In a transaction, which has its lock.

    Raises what `booking.extend` and `exchanging.prolong` do, and `MoneyMissing`.
    """
    try:
        held = booking.extend(reservation_id=reservation_id, until=until, at=at)
    except AlreadyConfirmed:
        return _keep_exchange(reservation_id, until, at)
    return Asked(held, held.total, held.expires_at)


def _keep_exchange(reservation_id: int, until: datetime, at: datetime) -> Asked:
    exchange = exchanging.prolong(reservation_id=reservation_id, until=until, at=at)
    reservation = exchange.reservation
    if books.read(reservation, list(reservation.payments.all())).excess < 0:
        # The difference would not cover what is due then, and the exchange never be made.
        raise MoneyMissing
    return Asked(reservation, exchange.difference, exchange.replacement.expires_at, exchange)


def await_payment(payment: Payment, *, at: datetime) -> None:
    """Keep the seats of a payment while a bank works on it."""
    if payment.exchange_id is None:
        booking.await_payment(reservation_id=payment.reservation_id, at=at)
    else:
        exchanging.await_payment(exchange_id=payment.exchange_id, at=at)


def give_up(payment: Payment, *, at: datetime) -> None:
    """Free the seats of a payment that a bank has refused in the end."""
    if payment.exchange_id is None:
        booking.end_unsold(reservation_id=payment.reservation_id, at=at)
    else:
        exchanging.give_up(exchange_id=payment.exchange_id, at=at)


def parameters(payment: Payment, asked: Asked) -> dict[str, Any]:
    """Everything that Stripe is told, kept with the payment so that a retry tells the same.

    Cards only: a bank debit takes days, and seats can't be kept for days. No adaptive
    pricing: it would take another currency than the one that we sold in.
    """
    reservation = asked.reservation
    metadata = {"payment": str(payment.pk), "reservation": str(reservation.pk)}
    page = f"{settings.PUBLIC_URL}/api/payment"
    told: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": reservation.code,
        "line_items": _line_items(asked),
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(payment.expires_at.timestamp()),
        "metadata": metadata,
        "payment_intent_data": {
            "metadata": metadata,
            "description": f"Reservation {reservation.code}",
        },
        # Stripe puts the id where the braces are.
        "success_url": f"{page}/success/?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{page}/cancel/?payment={payment.pk}",
    }
    if reservation.user is not None:
        told["customer_email"] = reservation.user.email
    return told


def _line_items(asked: Asked) -> list[dict[str, Any]]:
    show = asked.wanted.showtime
    starts_at = show.starts_at.astimezone(show.hall.cinema.zone)
    where = f"{show.hall.cinema}, {show.hall.name}, {starts_at:%a %d %b %Y %H:%M}"
    currency = asked.reservation.currency
    tickets = asked.wanted.tickets.select_related("seat", "ticket_type")
    if asked.exchange is not None:
        seats = ", ".join(ticket.seat.label for ticket in tickets)
        name = f"{show.movie.title}: exchange for {seats}"
        return [_line_item(asked.amount, currency, name, where)]
    return [
        _line_item(
            ticket.price,
            currency,
            f"{show.movie.title}: seat {ticket.seat.label} ({ticket.ticket_type.name})",
            where,
        )
        for ticket in tickets
    ]


def _line_item(amount: int, currency: str, name: str, where: str) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": currency,
            "unit_amount": amount,
            "product_data": {"name": name, "description": where},
        },
    }
