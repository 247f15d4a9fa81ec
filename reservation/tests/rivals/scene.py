"""The moments at which rivals come, and what must be true whoever comes when."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from cinema_reservation.tests.rivals import BEFORE_COMMIT, Moment, at
from reservation import booking, claims, holding, programme
from reservation.models import Reservation, ReservationState, Seat, ShowTime, Ticket
from reservation.tests.factories import held

NOW = timezone.now()
CHEAPER = {"price": 1000}
DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)

HELD, CONFIRMED = ReservationState.HELD, ReservationState.CONFIRMED
CANCELLED, EXPIRED = ReservationState.CANCELLED, ReservationState.EXPIRED

LOCKED = Moment(booking, "lock", after=True)
SHOW_TO_BE_LOCKED = Moment(claims, "lock_show")
SHOW_LOCKED = Moment(claims, "lock_show", after=True)
LOOKED_FOR_LOSSES = Moment(claims, "has_lost_seats", after=True)
LOOKED_FOR_RIVALS = Moment(claims, "free_or_refuse", after=True)
TAKEN_BACK = Moment(claims, "claim_again", after=True)
TO_BE_FREED = Moment(claims, "release")
FREED = Moment(claims, "release", after=True)
INSERTED = Moment(holding, "insert", after=True)
SHOW_AND_HALL_LOCKED = Moment(programme, "_lock_with_halls", after=True)

while_holding = at(SHOW_LOCKED, LOOKED_FOR_RIVALS, INSERTED, BEFORE_COMMIT)
while_keeping = at(LOCKED, SHOW_LOCKED, LOOKED_FOR_LOSSES, BEFORE_COMMIT)
while_relying_on_seats = at(SHOW_LOCKED, LOOKED_FOR_LOSSES, BEFORE_COMMIT)
while_taking_back = at(SHOW_LOCKED, LOOKED_FOR_RIVALS, TAKEN_BACK, BEFORE_COMMIT)
while_ending = at(LOCKED, TO_BE_FREED, FREED, BEFORE_COMMIT)


def one_writer_at_a_time() -> bool:
    """Whether nobody gets in between at all, locks or none."""
    return connection.vendor == "sqlite"


def end_of(reservation: Reservation) -> dict[str, Any]:
    """Asked of a verb at the first instant at which that hold is dead."""
    return {"reservation_id": reservation.pk, "at": reservation.expires_at}


def just_before_the_end_of(reservation: Reservation) -> dict[str, Any]:
    """Asked of a verb at the last instant at which that hold is alive."""
    return {"reservation_id": reservation.pk, "at": reservation.expires_at - INSTANT}


def hold_at_the_end_of(reservation: Reservation, user: Any, seats: Collection[Seat]) -> Any:
    """Who is next in line, at the first instant at which that hold is dead."""
    return held(user, reservation.showtime, seats, at=reservation.expires_at)


def state_of(reservation: Reservation) -> str:
    """What the database says by now."""
    return Reservation.objects.get(pk=reservation.pk).state


def owners_of(seats: Collection[Seat]) -> list[Reservation | None]:
    """Who has each of these seats; nobody's seat is `None`, and none is two people's."""
    tickets = Ticket.objects.live().filter(seat__in=seats).select_related("reservation")
    owners = {ticket.seat_id: ticket.reservation for ticket in tickets}
    assert len(owners) == len(tickets), "a seat was sold twice"
    return [owners.get(seat.pk) for seat in seats]


def version_of(show: ShowTime) -> int:
    """How often seats of that show changed hands."""
    return ShowTime.objects.values_list("seats_version", flat=True).get(pk=show.pk)


def assert_all_is_legal() -> None:
    """Each reservation has the seats and the marks of its state, and its tickets' total."""
    for reservation in Reservation.objects.prefetch_related("tickets"):
        tickets = list(reservation.tickets.all())
        live = [ticket for ticket in tickets if ticket.released_at is None]
        if reservation.state in {CANCELLED, EXPIRED}:
            assert not live
        if reservation.state == CONFIRMED:
            assert live == tickets
        # Marks that come with their state and never go; a confirmed one may be cancelled.
        assert (reservation.state == CANCELLED) == (reservation.cancelled_at is not None)
        if reservation.state in {HELD, EXPIRED, CONFIRMED}:
            assert (reservation.state == CONFIRMED) == (reservation.confirmed_at is not None)
        assert reservation.total == sum(ticket.price for ticket in tickets)
