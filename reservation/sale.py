"""What is sold in one hold: which seats of a show, for whom, at which price.

Asked under the show's lock, of facts that its edition vouches for (`facts.py`). Nothing is
written here.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypedDict

from django.conf import settings

from cinema_reservation.money import money
from reservation import errors
from reservation.facts import Facts
from reservation.models import Seat, ShowTime, Ticket, TicketType
from reservation.rules import pricing
from reservation.rules.pricing import Quote, ShowPrice, Wanted


class SeatChoice(NamedTuple):
    """A seat, and who is to sit there; the default ticket type where nobody says."""

    seat_id: int
    ticket_type_id: int | None = None


class RuleNamed(TypedDict):
    """A price rule as it was called, and what it added, or with a minus took off."""

    name: str
    change: int


def find_seats(known: Facts, choices: Iterable[SeatChoice]) -> list[Seat]:
    """The seats that are asked for, in that order. Raises `UnknownSeats`."""
    ids = [choice.seat_id for choice in choices]
    if unknown := [pk for pk in ids if pk not in known.seats]:
        raise errors.UnknownSeats(seats=unknown)
    return [known.seats[pk] for pk in ids]


def quote(known: Facts, choices: Iterable[SeatChoice]) -> Quote:
    """What these seats cost at this moment, without a promotion, in the order of the choices.

    Both who asks for a price and who buys ask here. Raises `UnknownSeats` and
    `UnknownTicketType`.
    """
    choices = list(choices)
    seats = find_seats(known, choices)
    types = _ticket_types(known, choices)
    return pricing.quote(
        show=known.show_price,
        wanted=[_wanted(seat, kind) for seat, kind in zip(seats, types, strict=True)],
    )


def _ticket_types(known: Facts, choices: Sequence[SeatChoice]) -> list[TicketType]:
    ids = [choice.ticket_type_id or known.default_type_id or 0 for choice in choices]
    if unknown := [pk for pk in ids if pk not in known.ticket_types]:
        raise errors.UnknownTicketType(ticket_types=unknown)
    return [known.ticket_types[pk] for pk in ids]


def _wanted(seat: Seat, ticket_type: TicketType) -> Wanted:
    return Wanted(
        seat_id=seat.pk,
        category_id=seat.category_id,
        surcharge=seat.category.surcharge,
        ticket_type_id=ticket_type.pk,
        percentage=ticket_type.percentage,
    )


def check_payable(quote: Quote) -> None:
    """That this can be paid online, once all discounts are known: it is free, or not too cheap.

    Nobody could pay for such a hold, and its seats would be kept from others for nothing.
    Raises `TotalTooSmall`.
    """
    if 0 < quote.total < settings.MINIMUM_CHARGE:
        raise errors.TotalTooSmall(least=money(settings.MINIMUM_CHARGE, settings.CURRENCY))


def tickets(show: ShowTime, known: Facts, quote: Quote) -> list[Ticket]:
    """Unsaved tickets, each with the price that is promised from now on, and how it came about."""
    return [
        Ticket(
            showtime=show,
            seat=known.seats[line.seat_id],
            ticket_type=known.ticket_types[line.ticket_type_id],
            price=line.due,
            show_price=line.show_price,
            surcharge=line.surcharge,
            percentage=line.percentage,
            discount=line.discount,
        )
        for line in quote.lines
    ]


def rules_named(price: ShowPrice) -> list[RuleNamed]:
    """The rules behind a show's price, as a reservation remembers them."""
    return [{"name": rule.name, "change": rule.change} for rule in price.applied]
