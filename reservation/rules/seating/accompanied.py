"""Wheelchair places, and seats for those who come along."""

from collections.abc import Collection, Iterable, Sequence

from reservation.rules.accessibility import COMPANION, STANDARD, WHEELCHAIR
from reservation.rules.seating.places import Place

# Before any other seat that is as near, in sixths of a seat's width.
COMPANION_FIRST = 1
SEAT = 6
ROW = 12


def around_wheelchairs(
    places: Iterable[Place],
    taken: Collection[int],
    count: int,
    *,
    wheelchairs: int,
    category: int | str | None = None,
) -> tuple[int, ...] | None:
    """The ids of so many free wheelchair places, and of the seats nearest to them for the rest.

    `count` seats in all, by row and from left to right, as near to one wheelchair place as can
    be; companions' places before others that are as near. None where there are not so many.
    The same question has the same answer, in whatever order the places come.
    """
    free = sorted(
        (
            place
            for place in places
            if place.id not in taken and category in (None, place.category)
        ),
        key=lambda place: (place.y, place.x),
    )
    parties = [
        found
        for anchor in free
        if anchor.kind == WHEELCHAIR
        and (found := _party(anchor, free, wheelchairs, count - wheelchairs))
    ]
    if not parties:
        return None
    party = min(parties, key=lambda found: found[0])[1]
    return tuple(place.id for place in sorted(party, key=lambda place: (place.y, place.x)))


def _party(
    anchor: Place, free: Sequence[Place], wheelchairs: int, others: int
) -> tuple[int, list[Place]] | None:
    """Who sits around this place, and how far away in all; None where too few can."""
    near = sorted(free, key=lambda place: (_distance(anchor, place), place.y, place.x))
    party = [place for place in near if place.kind == WHEELCHAIR][:wheelchairs]
    party += [place for place in near if place.kind in {COMPANION, STANDARD}][:others]
    if len(party) < wheelchairs + others:
        return None
    return sum(_distance(anchor, place) for place in party), party


def _distance(anchor: Place, place: Place) -> int:
    """In sixths of a seat's width; a row is as deep as two seats are wide."""
    steps = SEAT * abs(anchor.x - place.x) + ROW * abs(anchor.y - place.y)
    return steps + (0 if place.kind == COMPANION else COMPANION_FIRST)
