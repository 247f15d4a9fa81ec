"""Who on the waiting list of a sold-out show is offered the seats that came back.

First come, first served: nobody is passed over whom the free seats suffice. Where they do
not, the next in line whom they do suffice is served: an empty seat helps nobody, and who
waits for six keeps their place. Seats are never kept back to be gathered for a large party,
which therefore may wait in vain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who waits for so many seats, of one category, or of any where it is None.

    `position` says who came first; among equals it is the lower id.
    """

    id: int
    position: int
    seats: int
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry whose turn it is, and how many seats of which categories are theirs."""

    entry: Entry
    seats: Mapping[int, int]


def offers(*, entries: Iterable[Entry], free: Mapping[int, int]) -> tuple[Offer, ...]:
    """All who get an offer now, first in line first, given the free seats by category.

    Together they get no more than is free. Who takes any category gets one in which they
    can all sit: of those that suffice the one with the fewest free seats, which leaves most
    to others; failing that, seats of several categories, from the one with the most free
    seats on. Equals are told apart by the category's id: the same line and the same seats
    make the same offers, in whatever order they come.
    """
    left, made = dict(free), []
    for entry in sorted(entries, key=lambda entry: (entry.position, entry.id)):
        if seats := _seats_for(entry, left):
            made.append(Offer(entry, seats))
            for category, count in seats.items():
                left[category] -= count
    return tuple(made)


def _seats_for(entry: Entry, left: Mapping[int, int]) -> dict[int, int]:
    """How many of which category; nothing where they do not suffice."""
    suffice = [
        category
        for category, count in left.items()
        if count >= entry.seats and entry.category_id in {None, category}
    ]
    if suffice:
        return {min(suffice, key=lambda category: (left[category], category)): entry.seats}
    return _gathered(entry.seats, left) if entry.category_id is None else {}


def _gathered(wanted: int, left: Mapping[int, int]) -> dict[int, int]:
    """Seats of as few categories as possible, or nothing."""
    seats = {}
    for category in sorted(left, key=lambda category: (-left[category], category)):
        seats[category] = min(wanted, left[category])
        wanted -= seats[category]
        if wanted == 0:
            return seats
    return {}


def offer_until(*, at: datetime, minutes: int, sales_close_at: datetime) -> datetime | None:
    """The instant, in UTC, until which an offer made at `at` stands; None for no offer.

    It never outlasts the sales, and once these have closed there is none.
    """
    # In UTC, for within one zone Python adds and compares what clocks show, not instants.
    made_at, close_at = at.astimezone(UTC), sales_close_at.astimezone(UTC)
    until = min(made_at + timedelta(minutes=minutes), close_at)
    return until if until > made_at else None
