"""The verbs on cinemas, halls and seats. What changes a hall's seats makes its plan a new one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from cinema_reservation.errors import DomainError
from reservation import plan_history, programme
from reservation.models import Cinema, Hall, Reservation, Seat, SeatCategory, ShowTime


class SeatSold(DomainError):
    code = "seat_in_use"
    sentence = (
        "Tickets name this seat, so its row and number are fixed. Delete it, which retires "
        "it, and add another."
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
    """Put a new seat into its hall."""
    at, note = timezone.now(), f"Seat {seat.label} added"
    with plan_history.new_version([seat.hall_id], at=at, by=by, note=note):
        seat.save(force_insert=True)
    return seat


@transaction.atomic
def change_seat(
    *, seat_id: int, changes: Mapping[str, Any], at: datetime, by: int | None = None
) -> Seat:
    """Set these fields of a seat. Raises `Seat.DoesNotExist` and `SeatSold`."""
    seat = _lock_seat(seat_id, at)
    before = seat.label
    for name, value in changes.items():
        setattr(seat, name, value)
    if seat.label != before and seat.tickets.exists():
        raise SeatSold
    note = f"Seat {before} changed"
    with plan_history.new_version([seat.hall_id], at=at, by=by, note=note):
        seat.save()
    return seat


@transaction.atomic
def retire_seat(*, seat_id: int, at: datetime, by: int | None = None) -> None:
    """Take a seat out of its hall: for good where it was never sold or blocked, else as retired.

    Tickets that hold it stay good. Raises `Seat.DoesNotExist`.
    """
    seat = _lock_seat(seat_id, at)
    note = f"Seat {seat.label} taken out"
    with plan_history.new_version([seat.hall_id], at=at, by=by, note=note):
        if not (seat.tickets.exists() or seat.blocks.exists()):
            seat.delete()
        elif seat.retired_at is None:
            seat.retired_at = at
            seat.save(update_fields=["retired_at"])


def _lock_seat(seat_id: int, at: datetime) -> Seat:
    """Lock a seat so that no ticket for it can come before this transaction ends."""
    lock_sales(Seat.objects.values_list("hall_id", flat=True).get(pk=seat_id), at)
    return Seat.objects.select_related("hall__cinema", "category").get(pk=seat_id)


def lock_sales(hall_id: int, at: datetime) -> None:
    """Lock a hall so that nothing can be sold there before this transaction ends.

    Seats are sold under their show's lock: with the hall locked, so that it gets no new
    show, and all shows that may still sell, what is asked about tickets next stays true.
    """
    programme.lock_halls([hall_id])
    selling = ShowTime.objects.filter(hall=hall_id, ends_at__gt=at).order_by("pk")
    list(selling.select_for_update(no_key=True).values_list("pk"))
