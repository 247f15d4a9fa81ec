"""Places of a hall, and the free ones of them lined up row by row.

Neighbours stand in one row, one seat width apart. Whatever else is beside a place, an
aisle, a wall or a taken seat, is a border.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reservation.rules.accessibility import STANDARD

STANDARD_ONLY = frozenset({STANDARD})


@dataclass(frozen=True, slots=True)
class Place:
    """One seat of a show's hall, as the plan has it. `category` is any name or id."""

    id: int
    x: int
    y: int
    kind: str = STANDARD
    category: int | str = ""


class Spot(NamedTuple):
    """A free place in line, and what a search has to know of it."""

    place: Place
    # Of a kind that is sold to everyone: it can be lonely, and keep others company.
    is_open: bool
    # The search may take it.
    wanted: bool
    # What taking it costs in the search's own measure.
    cost: int
    # The place before it in line is its neighbour on the left.
    joined: bool


def line_up(
    places: Iterable[Place],
    *,
    taken: Collection[int],
    open_kinds: Collection[str],
    wanted: Callable[[Place], bool],
    cost: Callable[[Place], int],
) -> list[Spot]:
    """The free places that are open or wanted, row by row from left to right."""
    spots: list[Spot] = []
    x, y = -2, -2
    for place in sorted(places, key=lambda place: (place.y, place.x)):
        is_open, is_wanted = place.kind in open_kinds, wanted(place)
        if place.id in taken or not (is_open or is_wanted):
            continue
        joined = place.y == y and place.x == x + 1
        spots.append(Spot(place, is_open, is_wanted, cost(place), joined))
        x, y = place.x, place.y
    return spots


def together(spots: Sequence[Spot], left: int, right: int) -> bool:
    """Whether two that follow each other in line, by index, are open neighbours."""
    return (
        0 <= left < right < len(spots)
        and spots[right].joined
        and spots[left].is_open
        and spots[right].is_open
    )
