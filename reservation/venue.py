"""The verbs on cinemas, halls and seats. What changes a hall's seats makes its plan a new one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cinema_reservation.errors import DomainError
from reservation import plan_history, programme
from reservation.models import (
    Cinema,
    Hall,
    Reservation,
    Seat,
    SeatBlock,
    SeatCategory,
    ShowState,
    ShowTime,
    Ticket,
)
from reservation.models.venue import PLAN_NOTE_LENGTH

# Reservations that a refusal names.
MOST_NAMED = 10


class SeatSold(DomainError):
    code = "seat_in_use"
    sentence = (
        "Tickets name this seat, so its row and number are fixed. Delete it, which retires "
        "it, and add another."
    )


class LabelWasSold(DomainError):
    code = "label_was_sold"
    sentence = (
        "Tickets name another seat of that row and number, which was taken out. Add that one "
        "again, or choose another number."
    )


class KindIsSold(DomainError):
    code = "kind_was_sold"
    sentence = (
        "Somebody has this seat for a show to come, as the kind of place that it is. Exchange or "
        "cancel {reservations} first, or change it after the show."
    )


class PlaceIsSold(DomainError):
    code = "place_fixed"
    sentence = (
        "Seats of shows here were reserved, and tickets name the cinema and its local time. "
        "So a hall's cinema and a cinema's time zone are fixed; open another one instead."
    )


@transaction.atomic
def change_cinema(*, cinema_id: int, changes: Mapping[str, Any]) -> Cinema:
    """Set these fields of a cinema. Raises `PlaceIsSold` for another time zone."""
    cinema = Cinema.objects.select_for_update(no_key=True).get(pk=cinema_id)
    before = cinema.time_zone
    for name, value in changes.items():
        setattr(cinema, name, value)
    if cinema.time_zone != before:
        _refuse_if_sold(Reservation.objects.filter(showtime__hall__cinema=cinema))
    cinema.save()
    return cinema


@transaction.atomic
def change_hall(*, hall_id: int, changes: Mapping[str, Any]) -> Hall:
    """Set these fields of a hall. Raises `PlaceIsSold` for another cinema."""
    programme.lock_halls([hall_id])
    hall = Hall.objects.get(pk=hall_id)
    before = hall.cinema_id
    for name, value in changes.items():
        setattr(hall, name, value)
    if hall.cinema_id != before:
        _refuse_if_sold(Reservation.objects.filter(showtime__hall=hall))
    hall.save()
    return hall


def _refuse_if_sold(reservations: QuerySet[Reservation]) -> None:
    if reservations.exists():
        raise PlaceIsSold


@transaction.atomic
def change_category(
    *, category_id: int, changes: Mapping[str, Any], at: datetime, by: int | None = None
) -> SeatCategory:
    """Set these fields of a category. Another name or colour is another version of its plans."""
    # The halls first, as everywhere, then what stands in them.
    halls = Seat.objects.in_use().filter(category=category_id).order_by()
    drawn = {name: changes[name] for name in ("name", "colour") if name in changes}
    category = SeatCategory.objects.get(pk=category_id)
    looks_as_before = all(getattr(category, name) == value for name, value in drawn.items())
    touched = set() if looks_as_before else set(halls.values_list("hall_id", flat=True))
    for name, value in changes.items():
        setattr(category, name, value)
    with plan_history.new_version(touched, at=at, by=by, note=f"Category {category.name}"):
        category.save()
    return category


@transaction.atomic
def add_seat(seat: Seat, *, by: int | None = None) -> Seat:
    """Put a seat into its hall: the same one again where it bore that row and number before.

    What was sold or blocked of it is of one seat then. Returns it as it stands.
    """
    at, note = timezone.now(), f"Seat {seat.label} added"
    with plan_history.new_version([seat.hall_id], at=at, by=by, note=note):
        seat.pk = _retired_as(seat)
        seat.save(force_insert=seat.pk is None, force_update=seat.pk is not None)
    return seat


def _retired_as(seat: Seat) -> int | None:
    """The id of the seat that bore its row and number last, if none does now."""
    same = Seat.objects.filter(hall=seat.hall_id, row=seat.row, number=seat.number)
    before = same.order_by("retired_at", "pk")
    if before.in_use().exists():
        return None
    return before.values_list("pk", flat=True).last()


@transaction.atomic
def change_seat(
    *, seat_id: int, changes: Mapping[str, Any], at: datetime, by: int | None = None
) -> Seat:
    """Set these fields of a seat.

    Raises `Seat.DoesNotExist`, `SeatSold`, `LabelWasSold`, and `KindIsSold` where somebody has it
    for a show to come.
    """
    seat = _lock_seat(seat_id, at)
    before, kind = seat.label, seat.kind
    for name, value in changes.items():
        setattr(seat, name, value)
    if seat.label != before:
        _check_renamed(seat)
    if seat.kind != kind:
        _check_unsold_from(seat, at)
    note = f"Seat {before} changed"
    with plan_history.new_version([seat.hall_id], at=at, by=by, note=note):
        seat.save()
    return seat


def _check_renamed(seat: Seat) -> None:
    if seat.tickets.exists():
        raise SeatSold
    others = Ticket.objects.filter(
        seat__hall=seat.hall_id, seat__row=seat.row, seat__number=seat.number
    )
    if others.exists():
        raise LabelWasSold


def _check_unsold_from(seat: Seat, at: datetime) -> None:
    sold = Ticket.objects.taking_seats(at).filter(
        seat=seat, showtime__ends_at__gt=at, showtime__state=ShowState.SCHEDULED
    )
    codes = sold.order_by("showtime__starts_at").values_list("reservation__code", flat=True)
    if reservations := ", ".join(codes[:MOST_NAMED]):
        raise KindIsSold(reservations=reservations)


def retire_seat(*, seat_id: int, at: datetime, by: int | None = None) -> None:
    """Take a seat out of its hall: for good where it was never sold or blocked, else as retired.

    Tickets that hold it stay good. Raises `Seat.DoesNotExist`.
    """
    if not retire_seats(seat_ids=[seat_id], at=at, by=by):
        raise Seat.DoesNotExist


@transaction.atomic
def retire_seats(*, seat_ids: Collection[int], at: datetime, by: int | None = None) -> int:
    """`retire_seat` for many, in one version of each hall's plan. Returns how many there were."""
    chosen = Seat.objects.filter(pk__in=seat_ids).order_by("hall", "y", "x", "pk")
    lock_sales(set(chosen.order_by().values_list("hall_id", flat=True)), at)
    seats = list(chosen)
    for hall_id, of_hall in groupby(seats, key=lambda seat: seat.hall_id):
        _retire_in(hall_id, list(of_hall), at=at, by=by)
    return len(seats)


def _retire_in(hall_id: int, seats: Sequence[Seat], *, at: datetime, by: int | None) -> None:
    pks = [seat.pk for seat in seats]
    was_needed = Exists(Ticket.objects.filter(seat=OuterRef("pk"))) | Exists(
        SeatBlock.objects.filter(seat=OuterRef("pk"))
    )
    kept = Seat.objects.filter(was_needed, pk__in=pks)
    with plan_history.new_version([hall_id], at=at, by=by, note=_taken_out(seats)):
        kept.filter(retired_at=None).update(retired_at=at)
        Seat.objects.filter(pk__in=pks).exclude(pk__in=kept.values("pk")).delete()


def _taken_out(seats: Sequence[Seat]) -> str:
    labels = ", ".join(seat.label for seat in seats)
    note = f"Seat{'s' if len(seats) > 1 else ''} {labels} taken out"
    return note if len(note) <= PLAN_NOTE_LENGTH else f"{len(seats)} seats taken out"


def _lock_seat(seat_id: int, at: datetime) -> Seat:
    """Lock a seat so that no ticket for it can come before this transaction ends."""
    lock_sales([Seat.objects.values_list("hall_id", flat=True).get(pk=seat_id)], at)
    return Seat.objects.select_related("hall__cinema", "category").get(pk=seat_id)


def lock_sales(hall_ids: Collection[int], at: datetime) -> None:
    """Lock halls so that nothing can be sold there before this transaction ends.

    Seats are sold under their show's lock: with the halls locked, so that they get no new
    show, and all shows that may still sell, what is asked about tickets next stays true.
    """
    programme.lock_halls(hall_ids)
    selling = ShowTime.objects.filter(hall__in=hall_ids, ends_at__gt=at).order_by("pk")
    list(selling.select_for_update(no_key=True).values_list("pk"))
