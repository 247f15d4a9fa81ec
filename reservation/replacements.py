"""What takes a reservation's place when it is exchanged, and how the two change places.

A replacement is a hold like any other: it dies at the same instant, counts as taken for
everybody else, and is tidied up by the same round. It is locked after the reservation that it
is for, and before any show. Of seats that are in both, only the old ticket is alive until the
exchange is made.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError

from reservation import claims, errors
from reservation.models import (
    Exchange,
    ExchangeState,
    Reservation,
    ReservationState,
    Seat,
    ShowTime,
    Ticket,
)

# What the two swap: where and when, for how much, and what was promised about it.
SWAPPED = ("showtime", "total", "promotion", "price_rules", "cancellation_policy")


def waiting_for(reservation: Reservation) -> Exchange | None:
    """The exchange of a locked reservation that may still be made, its replacement locked."""
    exchange = reservation.exchanges.waiting().first()
    if exchange is not None:
        exchange.reservation = reservation
        replacements = Reservation.objects.select_for_update(no_key=True)
        exchange.replacement = replacements.get(pk=exchange.replacement_id)
    return exchange


def drop_waiting(reservation: Reservation, *, at: datetime) -> None:
    """Give up whatever exchange of a locked reservation still waits, and free its seats."""
    exchange = waiting_for(reservation)
    if exchange is not None:
        claims.lock_shows([reservation.showtime_id, exchange.replacement.showtime_id])
        drop(exchange, at=at)


def drop(exchange: Exchange, *, at: datetime) -> None:
    """Give up a waiting exchange whose shows are locked: what was paid for it goes back."""
    exchange.state = ExchangeState.DROPPED
    exchange.save(update_fields=["state"])
    replacement = exchange.replacement
    if replacement.state == ReservationState.HELD:
        replacement.state = ReservationState.EXPIRED
        replacement.expires_at = min(replacement.expires_at, at)
        replacement.save(update_fields=["state", "expires_at"])
        claims.release(replacement, at)
        claims.note_cleared(replacement.showtime_id, at)


def has_lost_seats(exchange: Exchange, show: ShowTime) -> bool:
    """Whether a rival may have seats of the replacement. Ask under the lock of its show."""
    return bool(_lost_seats(exchange, show))


def _lost_seats(exchange: Exchange, show: ShowTime) -> list[Seat]:
    """Those that the replacement has no live ticket of, nor the reservation itself."""
    tickets = exchange.replacement.tickets.exclude(released_at=None).select_related("seat")
    own = own_seats(exchange.reservation, show)
    return [ticket.seat for ticket in tickets if ticket.seat_id not in own]


def own_seats(reservation: Reservation, show: ShowTime) -> frozenset[int]:
    """The seats of that show which the reservation has and would give back."""
    tickets = reservation.tickets.live().filter(showtime=show)
    return frozenset(tickets.values_list("seat_id", flat=True))


def change_places(exchange: Exchange, shows: Mapping[int, ShowTime], at: datetime) -> None:
    """Make an exchange, all of it or nothing: locked are both reservations and both shows.

    The old seats are free from then on, the new ones the customer's, under the code that they
    know. Raises `SeatsTaken` where the replacement has lost some of its own.
    """
    reservation, replacement = exchange.reservation, exchange.replacement
    show = shows[replacement.showtime_id]
    if lost := _lost_seats(exchange, show):
        claims.free_again(lost, show, at)
    for pk in sorted(shows):
        claims.note_change(pk)
    new = list(replacement.tickets.values_list("pk", flat=True))
    reservation.tickets.update(reservation=replacement, released_at=at)
    try:
        Ticket.objects.filter(pk__in=new).update(reservation=reservation, released_at=None)
    except IntegrityError as error:
        seats = [ticket.seat for ticket in Ticket.objects.filter(pk__in=new)]
        raise errors.SeatsTaken(seats=claims.named(seats)) from error
    _swap(reservation, replacement, at)
    exchange.state, exchange.made_at = ExchangeState.MADE, at
    exchange.save(update_fields=["state", "made_at"])


def _swap(reservation: Reservation, replacement: Reservation, at: datetime) -> None:
    for name in SWAPPED:
        old, new = getattr(reservation, name), getattr(replacement, name)
        setattr(reservation, name, new)
        setattr(replacement, name, old)
    reservation.settle_after = at
    reservation.save(update_fields=[*SWAPPED, "settle_after"])
    replacement.state, replacement.cancelled_at = ReservationState.CANCELLED, at
    replacement.save(update_fields=[*SWAPPED, "state", "cancelled_at"])
