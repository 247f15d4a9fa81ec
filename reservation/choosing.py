"""From what somebody wants of a show to the seats that they may have: under the show's lock.

Seats are named, or the best free ones are looked for. Then the house's rules are asked: nobody
has the seats, accessible places go to whom they are for, and no seat is left lonely.

Whether a choice that leaves a seat lonely is refused depends on whether there is anything else,
and looking for that may take long. So a verb that holds seats ends in `LeavesLonely` where it
matters, `settled` looks outside of its transaction, and either refuses, with what would do
instead, or asks again. What it found counts for the seats that were taken then, and no others.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeVar

from django.conf import settings

from reservation import claims, errors, sale
from reservation.claims import Occupied
from reservation.facts import Facts
from reservation.models import Seat, ShowTime
from reservation.rules import accessibility, seating
from reservation.rules.seating import Place
from reservation.sale import SeatChoice

Answer = TypeVar("Answer")

# How often somebody is asked again, before it is decided under the lock.
LOOKS_OUTSIDE = 3


class BestAvailable(NamedTuple):
    """So many seats, whichever are the best that are left."""

    seats: int
    category_id: int | None = None
    # One for each seat; the default ticket type for all where nobody says.
    ticket_type_ids: tuple[int, ...] = ()
    # How many of them are wheelchair places; whoever comes along sits as near as can be.
    wheelchair_places: int = 0


class Wish(NamedTuple):
    """What somebody wants of a show: these seats, or else the best ones."""

    choices: Sequence[SeatChoice] = ()
    best: BestAvailable | None = None
    wheelchair_need: bool = False
    promo_code: str = ""

    @property
    def seats(self) -> int:
        return self.best.seats if self.best else len(self.choices)


class Ruling(NamedTuple):
    """What was found out of a choice that leaves seats lonely."""

    # There is nothing else while exactly these are taken, so it is allowed.
    allowed_with: frozenset[int] | None = None
    # Others buy faster than we look: decide now, whoever waits.
    is_last: bool = False


@dataclass(eq=False)
class LeavesLonely(Exception):
    """A choice leaves seats lonely, and nobody knows yet whether there is anything else."""

    known: Facts
    taken: frozenset[int]
    chosen: tuple[int, ...]
    open_kinds: frozenset[str]

    def check(self) -> None:
        """Find out, which may take long. Raises `LonelySeats`."""
        mending = seating.mend(
            self.known.places,
            self.taken,
            self.chosen,
            open_kinds=self.open_kinds,
            most=settings.MAX_SEATS_PER_RESERVATION,
        )
        if mending is not None:
            raise errors.LonelySeats(
                seats=self._named(mending.lonely),
                instead=self._named(mending.instead),
                add=self._named(mending.add),
            )

    def _named(self, ids: Sequence[int]) -> list[dict[str, object]]:
        return claims.named(self.known.seats[pk] for pk in ids)


def settled(ask: Callable[[Ruling], Answer]) -> Answer:
    """What a verb answers that holds seats, once it is clear whether it may.

    `ask` calls it, in transactions of its own, with what is known by then. Raises
    `LonelySeats`, and whatever the verb does.
    """
    ruling = Ruling()
    for _ in range(LOOKS_OUTSIDE):
        try:
            return ask(ruling)
        except LeavesLonely as doubt:
            doubt.check()
            ruling = Ruling(allowed_with=doubt.taken)
    return ask(Ruling(is_last=True))


def choose(
    wish: Wish,
    *,
    show: ShowTime,
    known: Facts,
    at: datetime,
    ruling: Ruling | None,
    own: Set[int] = frozenset(),
) -> list[SeatChoice]:
    """The seats that are free for this wish, after dead holds gave theirs up.

    Those that are one's `own`, and will be given back for them, count as free. Without a
    `ruling` lonely seats are nobody's concern. Raises `UnknownSeats`, `SeatsTaken`,
    `NotEnoughSeats`, `WheelchairNeedNotStated`, `CompanionAlone` and `LeavesLonely`.
    """
    heeds_lonely = show.forbids_lonely_seats and ruling is not None
    choices, seats, occupied = _look(wish, show, known, at, own=own, at_all_seats=heeds_lonely)
    claims.free_or_refuse(seats, occupied, at)
    if heeds_lonely and ruling:
        _check_lonely(show, known, occupied, seats, at, ruling)
    return choices


def foresee(wish: Wish, *, show: ShowTime, known: Facts, at: datetime) -> list[SeatChoice]:
    """What `choose` would answer at this moment, for whoever only asks. Nothing is written.

    Lonely seats are nobody's concern. Raises what else `choose` does.
    """
    choices, seats, occupied = _look(wish, show, known, at, at_all_seats=False)
    claims.refuse_taken(seats, occupied)
    return choices


def _look(
    wish: Wish,
    show: ShowTime,
    known: Facts,
    at: datetime,
    *,
    at_all_seats: bool,
    own: Set[int] = frozenset(),
) -> tuple[list[SeatChoice], list[Seat], Occupied]:
    """The choices for this wish, their seats, and who has what of the show."""
    blocked = known.blocked_at(at)
    if wish.best:
        occupied = claims.occupied(show, at, blocked=blocked).without(own)
        choices = _best(wish.best, show, known, occupied, at)
        return choices, sale.find_seats(known, choices), occupied
    choices = list(wish.choices)
    seats = sale.find_seats(known, choices)
    _check_accessible(wish, show, seats, at)
    some = None if at_all_seats else seats
    occupied = claims.occupied(show, at, blocked=blocked, seats=some).without(own)
    return choices, seats, occupied


def _best(
    best: BestAvailable, show: ShowTime, known: Facts, occupied: Occupied, at: datetime
) -> list[SeatChoice]:
    if best.wheelchair_places:
        found = seating.around_wheelchairs(
            known.places,
            occupied.taken,
            best.seats,
            wheelchairs=best.wheelchair_places,
            category=best.category_id,
        )
    else:
        found = _best_of_all(best, show, known.places, occupied, at)
    if found is None:
        raise errors.NotEnoughSeats
    types = best.ticket_type_ids or (None,) * best.seats
    return [SeatChoice(pk, kind) for pk, kind in zip(found, types, strict=True)]


def _best_of_all(
    best: BestAvailable, show: ShowTime, places: Sequence[Place], occupied: Occupied, at: datetime
) -> tuple[int, ...] | None:
    """Accessible places come last, even once they are sold to everyone."""
    open_kinds = _open_kinds(show, at)
    for kinds in (frozenset({accessibility.STANDARD}), open_kinds):
        found = seating.best_available(
            places,
            occupied.taken,
            best.seats,
            category=best.category_id,
            kinds=kinds,
            open_kinds=open_kinds,
            avoid_lonely=show.forbids_lonely_seats,
        )
        if found:
            return found
    return None


def _open_kinds(show: ShowTime, at: datetime) -> frozenset[str]:
    return accessibility.sellable_kinds(
        wheelchair_need=False, released_at=show.accessible_released_at, at=at
    )


def _check_accessible(wish: Wish, show: ShowTime, seats: Sequence[Seat], at: datetime) -> None:
    found = accessibility.violations(
        kinds={seat.pk: seat.kind for seat in seats},
        wheelchair_need=wish.wheelchair_need,
        released_at=show.accessible_released_at,
        at=at,
    )
    by_id = {seat.pk: seat for seat in seats}
    if ids := found.needs_statement:
        raise errors.WheelchairNeedNotStated(seats=claims.named(by_id[pk] for pk in ids))
    if ids := found.companion_without_wheelchair:
        raise errors.CompanionAlone(seats=claims.named(by_id[pk] for pk in ids))


def _check_lonely(
    show: ShowTime,
    known: Facts,
    occupied: Occupied,
    seats: Sequence[Seat],
    at: datetime,
    ruling: Ruling,
) -> None:
    open_kinds, taken = _open_kinds(show, at), frozenset(occupied.taken)
    chosen = tuple(seat.pk for seat in seats)
    if taken == ruling.allowed_with or any(seat.kind not in open_kinds for seat in seats):
        return
    if seating.lonely(known.places, taken, chosen, open_kinds=open_kinds):
        doubt = LeavesLonely(known, taken, chosen, open_kinds)
        if not ruling.is_last:
            raise doubt
        doubt.check()
