"""No lonely seats: a choice may not leave one free seat alone that had company before.

A *lonely* seat is free and has no free neighbour: on either side of it is a taken seat, an
aisle or the wall. A choice is refused when it makes a seat lonely that was not so before
*and* there is something else: as many seats, in no more parts (runs of neighbours), of the
same categories and kinds, that makes no seat lonely. Where nothing else is left, at the end
of a sale, it is allowed; so nobody is asked to sit apart, to pay another price or to take
another's wheelchair place for the sake of the rule, and whoever is refused can be told what
to take instead. Whether there is something else is decided exactly: see `choosing.py`.

Only places of kinds that are sold to everyone count. Accessible places that are still kept
are borders to the rule, free or sold: they are never lonely, and selling one changes
nothing for the seats beside it. A choice with such a place in it is always allowed, for
who comes along has to sit where the accessible place is.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from reservation.rules.accessibility import STANDARD
from reservation.rules.seating.choosing import cheapest
from reservation.rules.seating.places import STANDARD_ONLY, Place, Spot, line_up

# A row is about as far as two seats.
ROW_IN_SEATS = 2


@dataclass(frozen=True, slots=True)
class Mending:
    """Why a choice is refused, and what would do. Ids, by row and from left to right.

    `lonely` are the seats that it would leave alone, `instead` is the nearest choice that is
    allowed, of as many seats; `add` are seats that, taken too, would make it allowed: empty
    where that were too many seats.
    """

    lonely: tuple[int, ...]
    instead: tuple[int, ...]
    add: tuple[int, ...]


def lonely(
    places: Iterable[Place],
    taken: Collection[int],
    chosen: Collection[int],
    *,
    open_kinds: Collection[str] = STANDARD_ONLY,
) -> tuple[int, ...]:
    """The ids of the seats that this choice would make lonely, allowed or not.

    `taken` are all that can't be had: sold, held, blocked. `open_kinds` are those that are
    sold to everyone at the time.
    """
    free = {
        (place.x, place.y): place
        for place in places
        if place.kind in open_kinds and place.id not in taken
    }
    left = {spot: place for spot, place in free.items() if place.id not in chosen}
    found = [
        place
        for spot, place in left.items()
        if _has_neighbour(spot, free) and not _has_neighbour(spot, left)
    ]
    return tuple(place.id for place in sorted(found, key=_in_line))


def _has_neighbour(spot: tuple[int, int], free: Collection[tuple[int, int]]) -> bool:
    x, y = spot
    return (x - 1, y) in free or (x + 1, y) in free


def _in_line(place: Place) -> tuple[int, int]:
    return place.y, place.x


def mend(
    places: Iterable[Place],
    taken: Collection[int],
    chosen: Collection[int],
    *,
    open_kinds: Collection[str] = STANDARD_ONLY,
    most: int | None = None,
) -> Mending | None:
    """None for a choice that is allowed; else why it is not, and what would do.

    `chosen` are free. `most` is how many seats the customer may have, None for any number.
    """
    places = list(places)
    alone = lonely(places, taken, chosen, open_kinds=open_kinds)
    party = sorted((place for place in places if place.id in chosen), key=_in_line)
    if not alone or any(_is_kept(place, open_kinds) for place in party):
        return None
    instead = _nearest_tidy(places, taken, party, open_kinds)
    if instead is None:
        return None
    fits = most is None or len(party) + len(alone) <= most
    return Mending(lonely=alone, instead=instead, add=alone if fits else ())


def _is_kept(place: Place, open_kinds: Collection[str]) -> bool:
    return place.kind != STANDARD and place.kind not in open_kinds


def _nearest_tidy(
    places: Sequence[Place],
    taken: Collection[int],
    party: Sequence[Place],
    open_kinds: Collection[str],
) -> tuple[int, ...] | None:
    """As many seats in no more parts, like those of the party, that leave nobody lonely."""
    spots = line_up(
        places,
        taken=taken,
        open_kinds=open_kinds,
        wanted=_is_alike(party),
        cost=_distance_to(party),
    )
    search = partial(cheapest, count=len(party), parts=_parts(party), tidy=True)
    found = search(_near(spots, party, 0)) or search(spots)
    if found is None:
        return None
    # A seat of any row beyond is farther away than all of what was found.
    near = _near(spots, party, found.cost // ROW_IN_SEATS)
    nearest = search(near)
    return tuple(near[index].place.id for index in nearest.indices) if nearest else None


def _is_alike(party: Sequence[Place]) -> Callable[[Place], bool]:
    categories = {place.category for place in party}
    kinds = {place.kind for place in party}
    return lambda place: place.category in categories and place.kind in kinds


def _distance_to(party: Sequence[Place]) -> Callable[[Place], int]:
    return lambda place: min(
        abs(place.x - other.x) + ROW_IN_SEATS * abs(place.y - other.y) for other in party
    )


def _near(spots: Sequence[Spot], party: Sequence[Place], rows: int) -> list[Spot]:
    """The spots at most so many rows away from the party's."""
    ys = {place.y for place in party}
    return [spot for spot in spots if any(abs(spot.place.y - y) <= rows for y in ys)]


def _parts(party: Sequence[Place]) -> int:
    """In how many runs of neighbours these places are, given in line."""
    spots = {_in_line(place) for place in party}
    return sum((y, x - 1) not in spots for y, x in spots)
