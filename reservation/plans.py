"""The verb on a hall's plan: all of its seats at once, and never one that somebody bought."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F

from cinema_reservation.errors import DomainError
from reservation import claims, plan_history, programme, venue
from reservation.models import (
    Hall,
    Reservation,
    ReservationState,
    Seat,
    SeatCategory,
    ShowState,
    ShowTime,
    Ticket,
)
from reservation.plan_entry import categories_of
from reservation.rules import plan as rules
from reservation.rules.plan import Plan, PlanChange, PlannedSeat

MOST_CONFLICTS_TOLD = 100
# Rows per statement, of nine values each: PostgreSQL takes 65,535.
BATCH = 1000
# No plan is as wide: seats that swap places wait there.
OUT_OF_THE_WAY = 10_000

Label = tuple[str, int]


class PlanConflicts(DomainError):
    code = "plan_conflicts"
    sentence = (
        "Seats of shows to come were sold that this plan takes away, or makes another kind of "
        "place of; `conflicts` says what to do about each. Nothing was changed."
    )

    def __init__(self, *, conflicts: Collection["Conflict"]) -> None:
        self.conflicts = list(conflicts)
        told = [conflict.told() for conflict in self.conflicts[:MOST_CONFLICTS_TOLD]]
        super().__init__(conflicts=told, left_out=len(self.conflicts) - len(told))


@dataclass(frozen=True)
class Conflict:
    """A seat that a plan takes from somebody."""

    seat: Seat
    show: ShowTime
    reservation: Reservation

    @property
    def what_to_do(self) -> str:
        code = self.reservation.code
        if self.reservation.state == ReservationState.HELD:
            return f"Wait until the hold {code} is paid or has run out, or cancel it."
        return f"Exchange or cancel reservation {code}, or change the plan after the show."

    def told(self) -> dict[str, Any]:
        starts_at = self.show.starts_at.astimezone(self.show.hall.cinema.zone)
        return {
            "seat": {"id": self.seat.pk, "label": self.seat.label},
            "showtime": {
                "id": self.show.pk,
                "movie": self.show.movie.title,
                "starts_at": starts_at.isoformat(),
            },
            "reservation": self.reservation.code,
            "what_to_do": self.what_to_do,
        }


class Preview(NamedTuple):
    """What a plan would change, and what stands in its way."""

    change: PlanChange
    conflicts: list[Conflict]


def preview(*, hall_id: int, plan: Plan, at: datetime) -> Preview:
    """What the plan would change in that hall now. Raises `InvalidPlan`."""
    categories_of(plan)
    seats = _seats_by_label(hall_id)
    change = rules.compare(_plan_of(seats), plan)
    return Preview(change, list(_conflicts(seats, change, at)))


@transaction.atomic
def change_plan(
    *,
    hall_id: int,
    plan: Plan,
    at: datetime,
    by: int | None = None,
    note: str = "",
    based_on: int | None = None,
) -> PlanChange:
    """Give a hall these seats, and say what that changed; what is as it was makes no version.

    A seat stays the same one while its row and number do. One that is gone is retired, and
    the same again should it come back: what was sold of it stays sold. `by` is the one of
    the staff who did it, `based_on` the version that they looked at.

    Raises `InvalidPlan` for categories that there are not, `PlanConflicts` where the plan
    takes seats from people who hold or bought them for a show that is not over, and
    `ChangedMeanwhile` where the hall is gone, or not at the version that it is based on.
    """
    venue.lock_sales([hall_id], at)
    if based_on is not None and not _is_at(hall_id, based_on):
        raise programme.ChangedMeanwhile
    categories = categories_of(plan)
    seats = _seats_by_label(hall_id)
    change = rules.compare(_plan_of(seats), plan)
    if conflicts := list(_conflicts(seats, change, at)):
        raise PlanConflicts(conflicts=conflicts)
    if change:
        with plan_history.new_version([hall_id], at=at, by=by, note=note):
            _retire([seats[_label(seat)] for seat in change.removed], at)
            _write(hall_id, seats, change, categories)
    return change


def _is_at(hall_id: int, version: int) -> bool:
    return Hall.objects.filter(pk=hall_id, plan_version=version).exists()


def _label(seat: Seat | PlannedSeat) -> Label:
    return seat.row, seat.number


def _seats_by_label(hall_id: int) -> dict[Label, Seat]:
    seats = Seat.objects.in_use().filter(hall=hall_id).select_related("category")
    return {_label(seat): seat for seat in seats.order_by()}


def _plan_of(seats: Mapping[Label, Seat]) -> Plan:
    return plan_history.snapshot(seats.values()).plan


def _conflicts(
    seats: Mapping[Label, Seat], change: PlanChange, at: datetime
) -> Iterator[Conflict]:
    """Who holds or bought a seat that goes, or becomes another kind of place, of shows to come."""
    other_kind = [was for was, is_now in change.changed if was.kind != is_now.kind]
    lost = [seats[_label(seat)].pk for seat in (*change.removed, *other_kind)]
    if not lost:
        return
    sold = Ticket.objects.taking_seats(at).filter(
        seat__in=lost, showtime__ends_at__gt=at, showtime__state=ShowState.SCHEDULED
    )
    related = ("seat", "reservation", "showtime__movie", "showtime__hall__cinema")
    in_order = sold.order_by("showtime__starts_at", "seat__y", "seat__x", "pk")
    for ticket in in_order.select_related(*related):
        yield Conflict(ticket.seat, ticket.showtime, ticket.reservation)


def _retire(seats: Collection[Seat], at: datetime) -> None:
    """Take out seats that nobody alive needs. A dead hold that is paid late finds them gone."""
    pks = [seat.pk for seat in seats]
    Seat.objects.filter(pk__in=pks).update(retired_at=at)
    dead = Ticket.objects.live().filter(
        seat__in=pks, reservation__state=ReservationState.HELD, reservation__expires_at__lte=at
    )
    found = list(dead.values_list("pk", "showtime_id"))
    Ticket.objects.filter(pk__in=[pk for pk, _ in found]).update(released_at=at)
    for show_id in sorted({show_id for _, show_id in found}):
        claims.note_change(show_id)


def _write(
    hall_id: int,
    seats: Mapping[Label, Seat],
    change: PlanChange,
    categories: Mapping[str, SeatCategory],
) -> None:
    retired = _retired_by_label(hall_id) if change.added else {}
    changed = [seats[_label(seat)] for _, seat in change.changed]
    back = [retired[_label(seat)] for seat in change.added if _label(seat) in retired]
    new = [
        Seat(hall_id=hall_id, row=seat.row, number=seat.number)
        for seat in change.added
        if _label(seat) not in retired
    ]
    planned = {_label(seat): seat for _, seat in change.changed}
    planned |= {_label(seat): seat for seat in change.added}
    for row in (*changed, *back, *new):
        _shape(row, planned[_label(row)], categories)
    # Each seat needs a free place at every moment, also while two swap theirs.
    leaving = Seat.objects.filter(pk__in=[seat.pk for seat in changed])
    leaving.update(x=F("x") + OUT_OF_THE_WAY)
    # As an upsert: `bulk_update` writes a CASE per row and column, and takes ten times as long.
    Seat.objects.bulk_create(
        [*changed, *back],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["x", "y", "category", "kind", "retired_at"],
    )
    Seat.objects.bulk_create(new, batch_size=BATCH)


def _retired_by_label(hall_id: int) -> dict[Label, Seat]:
    """The seat that bore a label last."""
    retired = Seat.objects.filter(hall=hall_id).exclude(retired_at=None)
    return {_label(seat): seat for seat in retired.order_by("retired_at", "pk")}


def _shape(seat: Seat, planned: PlannedSeat, categories: Mapping[str, SeatCategory]) -> None:
    seat.x, seat.y, seat.kind = planned.x, planned.y, planned.kind
    seat.category = categories[planned.category]
    seat.retired_at = None
