"""What becomes of the seats of a show that are not free, as anybody may hear of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import TextChoices

from reservation.models import ReservationState, SeatBlock, ShowTime, Ticket


class SeatState(TextChoices):
    """Why a seat can't be had. Whose it is, is nobody's business."""

    SOLD = "sold", "Sold"
    HELD = "held", "Held"
    BLOCKED = "blocked", "Not for sale"


class SeatStates(NamedTuple):
    """The seats of a show that are not free, and until when that is so by itself."""

    states: dict[int, SeatState]
    until: datetime | None


def not_free(show: ShowTime, at: datetime, *, blocks: Iterable[SeatBlock]) -> SeatStates:
    """Which seats nobody else can hold at that instant, these house seats among them. One query.

    `until` is when the first of the holds runs out, or of the house seats is released.
    """
    tickets = Ticket.objects.taking_seats(at).filter(showtime=show.pk).order_by("seat_id")
    rows = tickets.values_list("seat_id", "reservation__state", "reservation__expires_at")
    in_force = [block for block in blocks if block.is_in_force(at)]
    states = {block.seat_id: SeatState.BLOCKED for block in in_force}
    ends = [block.release_at for block in in_force if block.release_at]
    for seat_id, state, expires_at in rows:
        is_held = state == ReservationState.HELD
        states[seat_id] = SeatState.HELD if is_held else SeatState.SOLD
        if is_held:
            ends.append(expires_at)
    return SeatStates(states, min(ends, default=None))
