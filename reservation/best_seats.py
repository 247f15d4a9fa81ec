"""The best seats of a show that are left, as the house's settings and the clock have it."""

from collections.abc import Sequence, Set
from datetime import datetime

from reservation.models import ShowTime
from reservation.rules import accessibility, seating
from reservation.rules.seating import Place


def find(
    count: int,
    *,
    show: ShowTime,
    places: Sequence[Place],
    taken: Set[int],
    at: datetime,
    category_id: int | None = None,
) -> tuple[int, ...] | None:
    """The ids of the best so many free seats; None where there are not so many.

    Accessible places come last, even once they are sold to everyone.
    """
    kinds_sold = open_kinds(show, at)
    for kinds in (frozenset({accessibility.STANDARD}), kinds_sold):
        found = seating.best_available(
            places,
            taken,
            count,
            category=category_id,
            kinds=kinds,
            open_kinds=kinds_sold,
            avoid_lonely=show.forbids_lonely_seats,
        )
        if found:
            return found
    return None


def open_kinds(show: ShowTime, at: datetime) -> frozenset[str]:
    """The kinds of places that are sold to everyone at that instant."""
    return accessibility.sellable_kinds(
        wheelchair_need=False, released_at=show.accessible_released_at, at=at
    )
