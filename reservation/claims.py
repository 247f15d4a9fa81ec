"""Which tickets hold which seats: taken, taken back and given up under the show's lock.

Whoever *relies* on seats first locks the show, then looks. Whoever only *frees* seats
needs no lock on the show: at worst a rival finds a seat taken a moment longer. What a
reservation still holds is what its live tickets say, never what a clock says: a rival
may have come between the moment when somebody looked at the clock and the lock.

On SQLite a transaction is alone from its first statement on, which settles the same
questions; `select_for_update` does nothing there. Behind it all stands the constraint
`one_live_ticket_per_seat`.
"""

from collections.abc import Collection, Iterable, Mapping, Set
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, connection
from django.db.models import Exists, Q, QuerySet

from cinema_reservation.prepared import prepared
from reservation import errors, facts, promotions
from reservation.models import Reservation, ReservationState, Seat, ShowTime, Ticket


def lock_show(show_id: int) -> ShowTime:
    """Lock the show, so that one at a time looks for its free seats and takes them.

    Raises `UnknownShow`.
    """
    found = _locked_show(pk=show_id)
    if not found:
        raise errors.UnknownShow
    return found[0]


def lock_shows(show_ids: Iterable[int]) -> dict[int, ShowTime]:
    """Lock several, in the one order in which nobody waits for who waits for them.

    Raises `UnknownShow`.
    """
    return {pk: lock_show(pk) for pk in sorted(set(show_ids))}


@prepared
def _locked_show(*, pk: int) -> QuerySet[ShowTime]:
    # Nothing is joined: where the show was moved while we waited for it, PostgreSQL would find
    # its new row not to fit the old film or hall, and no row at all.
    return ShowTime.objects.select_for_update(no_key=True).filter(pk=pk)


class Occupied(NamedTuple):
    """Who has seats of a show at an instant."""

    # Seats that nobody can have: sold, held, or kept by the house.
    taken: Set[int]
    # Seats of dead holds that nobody tidied up, with the tickets that still keep them.
    dead: Mapping[int, int]

    def without(self, own: Set[int]) -> "Occupied":
        """As it will be once these seats are given back by who has them."""
        return self._replace(taken=self.taken - own) if own else self


def occupied(
    show: ShowTime, at: datetime, *, blocked: Set[int], seats: Iterable[Seat] | None = None
) -> Occupied:
    """Who has these seats of a show, or any of it. One query.

    `blocked` are those that the house keeps.
    """
    if seats is None:
        found = _live_tickets(show=show.pk, at=at)
    else:
        found = _live_tickets_of(show=show.pk, seats=[seat.pk for seat in seats], at=at)
    dead = {seat_id: pk for pk, seat_id, is_dead in found if is_dead}
    return Occupied({seat_id for _, seat_id, is_dead in found if not is_dead} | blocked, dead)


def refuse_taken(seats: Iterable[Seat], occupied: Occupied) -> None:
    """Raises `SeatsTaken`, which names those that somebody has."""
    if rivals := [seat for seat in seats if seat.pk in occupied.taken]:
        raise errors.SeatsTaken(seats=named(rivals))


def free_or_refuse(seats: Collection[Seat], occupied: Occupied, at: datetime) -> None:
    """Release what dead holds still keep of these seats; `SeatsTaken` names the others'.

    Only tickets are touched: locking the dead reservation here, after the show, would
    turn the order of locks around.
    """
    refuse_taken(seats, occupied)
    if dead := [occupied.dead[seat.pk] for seat in seats if seat.pk in occupied.dead]:
        Ticket.objects.filter(pk__in=dead).update(released_at=at)


@prepared
def _live_tickets(*, show: int, at: datetime) -> QuerySet[Ticket, tuple[int, int, bool]]:
    is_dead = Q(reservation__state=ReservationState.HELD, reservation__expires_at__lte=at)
    tickets = Ticket.objects.live().filter(showtime=show).annotate(is_dead=is_dead)
    return tickets.order_by().values_list("pk", "seat_id", "is_dead")


@prepared
def _live_tickets_of(
    *, show: int, seats: list[int], at: datetime
) -> QuerySet[Ticket, tuple[int, int, bool]]:
    is_dead = Q(reservation__state=ReservationState.HELD, reservation__expires_at__lte=at)
    tickets = Ticket.objects.live().filter(showtime=show, seat__in=seats)
    # In no order: SQLite would go through all tickets of the show to have them in one.
    return tickets.annotate(is_dead=is_dead).order_by().values_list("pk", "seat_id", "is_dead")


def named(seats: Iterable[Seat]) -> list[dict[str, object]]:
    """Seats as errors name them."""
    return [{"id": seat.pk, "label": seat.label} for seat in seats]


def has_lost_seats(reservation: Reservation) -> bool:
    """Whether any of its tickets was released. Ask under the show's lock."""
    return reservation.tickets.exclude(released_at=None).exists()


def has_lost_any(reservation: Reservation) -> bool:
    """The same, or whether others may have its use of a code by now."""
    return has_lost_seats(reservation) or promotions.has_lost_use(reservation)


def claim_again(reservation: Reservation, show: ShowTime, at: datetime) -> None:
    """Take back what a dead hold has lost, all or none: its seats, and its use of a code.

    Raises `SeatsTaken`, `PromoCodeUsedUp`, `PromoCodeUsedUpByYou`, and `HoldExpired` once the
    show has begun.
    """
    if at >= show.starts_at:
        raise errors.HoldExpired
    lost = reservation.tickets.exclude(released_at=None)
    seats = [ticket.seat for ticket in lost.select_related("seat")]
    free_again(seats, show, at)
    note_change(show.pk)
    try:
        lost.update(released_at=None)
    except IntegrityError as error:
        raise errors.SeatsTaken(seats=named(seats)) from error
    promotions.claim_again(reservation, at=at)


def free_again(seats: Collection[Seat], show: ShowTime, at: datetime) -> None:
    """That seats which were lost can be had once more. Raises `SeatsTaken`."""
    if retired := [seat for seat in seats if seat.retired_at is not None]:
        raise errors.SeatsTaken(seats=named(retired))
    blocked = facts.of(show).blocked_at(at)
    free_or_refuse(seats, occupied(show, at, blocked=blocked, seats=seats), at)


def release(reservation: Reservation, at: datetime) -> None:
    """Free the seats that this reservation holds, and nobody else's."""
    # The show before its tickets, as everywhere: a rival may be taking dead tickets over.
    note_change(reservation.showtime_id)
    reservation.tickets.live().update(released_at=at)


def note_cleared(show_id: int, at: datetime) -> None:
    """Note that nothing of a cancelled show is alive any more, where that is so.

    Ask after the show's row was written or locked: then of several who end the last ones
    at once, the last to come sees what the others did.
    """
    alive = Reservation.objects.filter(showtime=show_id).living(at)
    ShowTime.objects.uncleared().filter(~Exists(alive), pk=show_id).update(cleared_at=at)


def note_change(show_id: int) -> None:
    """Let whoever keeps an answer about the show's seats know that it is outdated."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reservation_showtime SET seats_version = seats_version + 1 WHERE id = %s",
            [show_id],
        )
