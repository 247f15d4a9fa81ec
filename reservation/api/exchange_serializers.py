"""The shapes of exchanges, and of requests for them."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from cinema_reservation.money import money
from reservation.api.fields import IdField, MoneySerializer
from reservation.api.reservation_serializers import (
    HoldSerializer,
    ReservedSeatSerializer,
    ReservedShowSerializer,
)
from reservation.models import Exchange, ExchangeState, Reservation


class ExchangeRequestSerializer(HoldSerializer):
    """What to have instead: one of `seats`, `tickets`, `best_available`, as in a hold."""

    showtime = IdField(required=False, help_text="The same show, without it.")
    # The reservation's own goes on to count, where it is good for these.
    promo_code = None  # type: ignore[assignment]


class ExchangeQuoteSerializer(serializers.Serializer[Any]):
    """What an exchange would come to at this moment."""

    showtime = ReservedShowSerializer()
    seats = ReservedSeatSerializer(many=True)
    total = MoneySerializer(help_text="Of the reservation from then on.")
    to_pay = MoneySerializer(help_text="It takes effect once this is paid.")
    refund = MoneySerializer(help_text="It takes effect at once, and this goes back.")
    server_time = serializers.DateTimeField()


def quoted(reservation: Reservation, exchange: Exchange | None, *, at: datetime) -> dict[str, Any]:
    """The quote of an exchange as it was tried; without one, of what the reservation has."""
    wanted = reservation
    if exchange is not None and exchange.state == ExchangeState.WAITING:
        wanted = exchange.replacement
    difference = exchange.difference if exchange else 0
    tickets = wanted.tickets.select_related("seat__category", "ticket_type", "reservation")
    amounts = {
        "total": wanted.total,
        "to_pay": max(difference, 0),
        "refund": max(-difference, 0),
    }
    told = {name: money(amount, wanted.currency) for name, amount in amounts.items()}
    shape = {"showtime": wanted.showtime, "seats": tickets, "server_time": at} | told
    return dict(ExchangeQuoteSerializer(shape).data)
