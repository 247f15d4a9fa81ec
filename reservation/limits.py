"""How many seats one may have: of one reservation, and one customer of one show."""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from cinema_reservation.prepared import prepared
from reservation import errors
from reservation.models import Reservation, ReservationState, ShowTime


def check_size(seats: int) -> None:
    """That so many fit in one reservation. Raises `NoSeats` and `TooManySeats`."""
    if not seats:
        raise errors.NoSeats
    if seats > settings.MAX_SEATS_PER_RESERVATION:
        raise errors.TooManySeats(limit=settings.MAX_SEATS_PER_RESERVATION)


def check_seats_of(
    user_id: int,
    show: ShowTime,
    count: int,
    at: datetime,
    *,
    besides: int | None = None,
    is_offer: bool = False,
) -> None:
    """That a customer may have so many more seats of a locked show, `besides` a reservation's.

    An offer is made, and a line joined, beside however many holds. Raises `TooManyHolds` and
    `TooManySeatsOfShow`.
    """
    living = [
        (pk, state)
        for pk, state, expires_at in _seats_of(user=user_id, show=show.pk)
        if pk != besides
        and (
            state == ReservationState.CONFIRMED
            or (state == ReservationState.HELD and expires_at > at)
        )
    ]
    holds = {pk for pk, state in living if state == ReservationState.HELD}
    if not is_offer and len(holds) >= settings.MAX_HOLDS_PER_SHOW:
        raise errors.TooManyHolds(limit=settings.MAX_HOLDS_PER_SHOW)
    if len(living) + count > settings.MAX_SEATS_PER_SHOW:
        raise errors.TooManySeatsOfShow(limit=settings.MAX_SEATS_PER_SHOW, taken=len(living))


@prepared
def _seats_of(*, user: int, show: int) -> QuerySet[Reservation, tuple[int, str, datetime]]:
    """A row for each seat that they have or had, and that nobody else took or freed."""
    # By whom and of what alone: for a state SQLite would go through those of the whole house.
    theirs = Reservation.objects.filter(user=user, showtime=show, tickets__released_at=None)
    return theirs.order_by().values_list("pk", "state", "expires_at")
