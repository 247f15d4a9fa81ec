"""What is sold in one hold: which seats of a show, for whom, at which price.

Asked under the show's lock, of facts that its edition vouches for (`facts.py`). Nothing is
written here.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reservation import errors
from reservation.facts import Facts
from reservation.models import Seat, ShowTime, Ticket, TicketType
from reservation.rules import pricing


class SeatChoice(NamedTuple):
    """A seat, and who is to sit there; the default ticket type where nobody says."""

    seat_id: int
    ticket_type_id: int | None = None


def find_seats(known: Facts, choices: Iterable[SeatChoice]) -> list[Seat]:
    """The seats that are asked for, in that order. Raises `UnknownSeats`."""
    ids = [choice.seat_id for choice in choices]
    if unknown := [pk for pk in ids if pk not in known.seats]:
        raise errors.UnknownSeats(seats=unknown)
    return [known.seats[pk] for pk in ids]


def price(show: ShowTime, known: Facts, choices: Sequence[SeatChoice]) -> list[Ticket]:
    """Unsaved tickets, each with the price that is promised from now on.

    Raises `UnknownTicketType`.
    """
    wanted = [choice.ticket_type_id or known.default_type_id for choice in choices]
    if unknown := [pk for pk in wanted if pk not in known.ticket_types]:
        raise errors.UnknownTicketType(ticket_types=unknown)
    return [
        _ticket(show, known.seats[choice.seat_id], known.ticket_types[pk])
        for choice, pk in zip(choices, wanted, strict=True)
        if pk is not None
    ]


def _ticket(show: ShowTime, seat: Seat, ticket_type: TicketType) -> Ticket:
    amount = pricing.ticket_price(
        show_price=show.price,
        surcharge=seat.category.surcharge,
        percentage=ticket_type.percentage,
    )
    return Ticket(showtime=show, seat=seat, ticket_type=ticket_type, price=amount)
