"""What staff look after, as every booking needs it: read once per edition, kept in the process.

Films, halls, seats, house seats and ticket types change a few times a day, and a booking asks
for them a thousand times a minute. Whoever relies on them locks the show first and asks then: the
edition that is read here is the newest that was committed, and what is kept under it is what it
says. What is kept is shared by all threads, and changed by none.

Who writes outside of a transaction (a shell) commits the change a moment before its edition, and
may be killed in between. So nothing is kept for longer than a minute.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from reservation import edition
from reservation.models import Hall, Movie, PriceRule, Seat, SeatBlock, ShowTime, TicketType
from reservation.rules import pricing
from reservation.rules.seating import Place

KEEP_SECONDS = 60
Number = tuple[int, int]


class Facts(NamedTuple):
    """What may be sold at a show: seats of its hall, for whom, at which price; what is kept."""

    seats: Mapping[int, Seat]
    # The same seats, as the rules of seating see them.
    places: Sequence[Place]
    ticket_types: Mapping[int, TicketType]
    blocks: Sequence[SeatBlock]
    show_price: pricing.ShowPrice

    @property
    def default_type_id(self) -> int | None:
        """The ticket type of a seat where nobody says who is to sit there."""
        types = self.ticket_types.items()
        return next((pk for pk, ticket_type in types if ticket_type.is_default), None)

    def blocked_at(self, at: datetime) -> set[int]:
        """The ids of the seats that the house keeps from everybody at that instant."""
        return {block.seat_id for block in self.blocks if block.is_in_force(at)}


def of(show: ShowTime) -> Facts:
    """The facts of a show that was just locked; it is given its film, hall and cinema too."""
    number = _number(edition.current())
    show.movie = _movie(number, show.movie_id)
    show.hall = _hall(number, show.hall_id)
    return _facts(number, show)


def blocks_of(show_id: int, *, edition_number: int) -> Sequence[SeatBlock]:
    """The house seats of a show, those past their release among them."""
    return _blocks(_number(edition_number), show_id)


def for_readers(show_id: int, edition_number: int) -> tuple[ShowTime, Facts] | None:
    """A show and its facts as that edition, just read, has them; `None` for an unknown show.

    For whoever tells of them. Who relies on them locks the show and asks `of`.
    """
    number = _number(edition_number)
    show = _show(number, show_id)
    return (show, _facts(number, show)) if show else None


def _number(edition_number: int) -> Number:
    return edition_number, int(time.time() / KEEP_SECONDS)


def _facts(number: Number, show: ShowTime) -> Facts:
    return Facts(
        seats=_seats(number, show.hall_id),
        places=_places(number, show.hall_id),
        ticket_types=_ticket_types(number),
        blocks=_blocks(number, show.pk),
        show_price=_show_price(number, show),
    )


@lru_cache(maxsize=1000)
def _show(number: Number, pk: int) -> ShowTime | None:
    return ShowTime.objects.select_related("movie", "hall__cinema").filter(pk=pk).first()


@lru_cache(maxsize=1000)
def _movie(number: Number, pk: int) -> Movie:
    return Movie.objects.get(pk=pk)


@lru_cache(maxsize=200)
def _hall(number: Number, pk: int) -> Hall:
    return Hall.objects.select_related("cinema").get(pk=pk)


@lru_cache(maxsize=200)
def _seats(number: Number, hall_id: int) -> Mapping[int, Seat]:
    seats = Seat.objects.in_use().filter(hall=hall_id).select_related("category")
    # Without the order of a plan, which is by hall and by cinema: they would be joined for it.
    return {seat.pk: seat for seat in seats.order_by()}


@lru_cache(maxsize=200)
def _places(number: Number, hall_id: int) -> Sequence[Place]:
    return [
        Place(id=seat.pk, x=seat.x, y=seat.y, kind=seat.kind, category=seat.category_id)
        for seat in _seats(number, hall_id).values()
    ]


@lru_cache(maxsize=1000)
def _blocks(number: Number, show_id: int) -> Sequence[SeatBlock]:
    return list(SeatBlock.objects.standing().filter(showtime=show_id).order_by())


def price_of(show: ShowTime, *, edition_number: int) -> pricing.ShowPrice:
    """The price of a show whose hall and cinema are loaded, as that edition has it."""
    return _show_price(_number(edition_number), show)


def _show_price(number: Number, show: ShowTime) -> pricing.ShowPrice:
    cinema = show.hall.cinema
    return pricing.show_price(
        base=show.price,
        rules=_price_rules(number).get(cinema.pk, ()),
        starts_at=show.starts_at,
        zone=cinema.zone,
    )


@lru_cache(maxsize=1)
def _price_rules(number: Number) -> Mapping[int, Sequence[pricing.PriceRule]]:
    """By cinema. All at once: a list of shows is of many cinemas, and must cost one query."""
    rules: dict[int, list[pricing.PriceRule]] = {}
    for row in PriceRule.objects.in_force().order_by():
        rules.setdefault(row.cinema_id, []).append(row.rule)
    return rules


@lru_cache(maxsize=1)
def _ticket_types(number: Number) -> Mapping[int, TicketType]:
    return {ticket_type.pk: ticket_type for ticket_type in TicketType.objects.on_sale()}


def forget_all() -> None:
    """Read everything again."""
    for kept in (_show, _movie, _hall, _seats, _places, _blocks, _price_rules, _ticket_types):
        kept.cache_clear()
