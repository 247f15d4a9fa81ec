"""What staff give back beyond the promise, and why."""

from datetime import datetime

from django.db import transaction

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from reservation import booking
from reservation.models import Reservation, ReservationState, Waiver


class NothingToWaive(DomainError):
    code = "nothing_to_waive"
    sentence = "Only what is due can be given back, and that is {due} of this reservation."


def waivable(reservation: Reservation) -> int:
    """The most that can be given up, in minor units: what is due, and nothing of a hold."""
    return 0 if reservation.state == ReservationState.HELD else reservation.amount_due


@transaction.atomic
def waive(
    *, reservation_id: int, amount: int, reason: str, staff_id: int | None, at: datetime
) -> Waiver:
    """Give up `amount`, in minor units, of what is due; whoever keeps the money sends it back.

    The tickets stay the customer's. What is waived stays so: should the reservation be
    cancelled later, it comes off the fee too. Raises `Reservation.DoesNotExist`, and
    `NothingToWaive` for a hold, or for more than is due.
    """
    reservation = booking.lock(reservation_id)
    due = waivable(reservation)
    if not 1 <= amount <= due:
        raise NothingToWaive(due=written(due, reservation.currency))
    reservation.waived += amount
    reservation.settle_after = at
    reservation.save(update_fields=["waived", "settle_after"])
    return reservation.waivers.create(
        amount=amount, reason=reason, given_by_id=staff_id, created_at=at
    )
