"""Whose turn it is, of those in line for a show, and which of its free seats are theirs.

What is free is theirs before anybody else's from the instant at which it came back, whether or
not a worker has made them their offers yet: an ordinary hold leaves out what is next for them.
"""

from collections import Counter
from collections.abc import Iterator, Set
from datetime import datetime
from typing import NamedTuple

from reservation import best_seats
from reservation.claims import Occupied
from reservation.facts import Facts
from reservation.models import PlaceInLine, ShowTime
from reservation.rules import waiting

# Of those whom the free seats suffice: each who is served takes a seat at least.
LONGEST_LOOK = 1000


class Turn(NamedTuple):
    """Who is next, and the seats that they are to have."""

    place: PlaceInLine
    seats: tuple[int, ...]


def next_seats(show: ShowTime, known: Facts, occupied: Occupied, at: datetime) -> frozenset[int]:
    """The free seats that somebody in line is about to be offered. One query."""
    return frozenset(pk for turn in turns(show, known, occupied, at) for pk in turn.seats)


def turns(show: ShowTime, known: Facts, occupied: Occupied, at: datetime) -> list[Turn]:
    """All whom the free seats suffice, first come first served, by `rules/waiting.py`.

    One query, and none while nothing is free. `occupied` speaks of the whole show.
    """
    free = _free_by_category(show, known, occupied.taken, at)
    if not free:
        return []
    line = PlaceInLine.objects.next_of(show.pk).whom_suffice(free)[:LONGEST_LOOK]
    places = {place.pk: place for place in line}
    offers = waiting.offers(entries=[_entry(place) for place in places.values()], free=free)
    return list(_seated(offers, places, show, known, occupied.taken, at))


def _entry(place: PlaceInLine) -> waiting.Entry:
    return waiting.Entry(
        id=place.pk, position=place.pk, seats=place.seats, category_id=place.category_id
    )


def _free_by_category(show: ShowTime, known: Facts, taken: Set[int], at: datetime) -> Counter[int]:
    kinds = best_seats.open_kinds(show, at)
    seats = known.seats.values()
    return Counter(
        seat.category_id for seat in seats if seat.kind in kinds and seat.pk not in taken
    )


def _seated(
    offers: tuple[waiting.Offer, ...],
    places: dict[int, PlaceInLine],
    show: ShowTime,
    known: Facts,
    taken: Set[int],
    at: datetime,
) -> Iterator[Turn]:
    given = set(taken)
    for offer in offers:
        seats: list[int] = []
        for category_id, count in offer.seats.items():
            seats += (
                best_seats.find(
                    count,
                    show=show,
                    places=known.places,
                    taken=given,
                    at=at,
                    category_id=category_id,
                )
                or ()
            )
            given.update(seats)
        yield Turn(places[offer.entry.id], tuple(seats))
