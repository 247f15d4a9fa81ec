"""The verbs on shows: schedule, change, cancel, remove; and on ticket types.

Whoever fixes a hall's timetable locks the hall first, then the show, then looks; on
SQLite a transaction is alone from its first statement on. Holding seats locks the show
and never a hall, so the order is one. A film's runtime counts when its show is
scheduled or moved: correcting it later moves no show that was announced.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from cinema_reservation.errors import DomainError
from reservation import claims
from reservation.models import Hall, Reservation, ShowState, ShowTime, TicketType
from reservation.rules import timetable

# What people who hold seats of a show were promised, and what decides when it needs the hall.
FIXED_BY_RESERVATIONS = ("movie", "hall", "starts_at")


class HallOccupied(DomainError):
    code = "hall_occupied"
    sentence = (
        "The hall is taken by {other_title} until {free_at} "
        "(trailers and cleaning included). Choose another time or hall."
    )


class ShowHasReservations(DomainError):
    code = "showtime_in_use"
    sentence = (
        "Seats of this show were reserved, so it can't be deleted, and its hall, film and "
        "time are fixed. Cancel it and schedule another."
    )


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    sentence = "Somebody else changed this at the same time. Look at it again, then ask again."


class SalesCloseAfterEnd(DomainError):
    status = 400
    code = "sales_close_after_end"
    sentence = "Sales must close before the show ends."
    attr = "sales_close_at"


class SalesOpenAfterClose(DomainError):
    status = 400
    code = "sales_open_after_close"
    sentence = "Sales must open before they close."
    attr = "sales_open_at"


class ShowHasHouseSeats(DomainError):
    code = "showtime_has_house_seats"
    sentence = "Seats of this show are blocked, so its hall is fixed. Lift the blocks first."
    attr = "hall"


class DefaultTicketType(DomainError):
    code = "default_ticket_type"
    sentence = "Seats are priced by this ticket type. Make another one the default first."


class DefaultNotOnSale(DomainError):
    status = 400
    code = "default_not_on_sale"
    sentence = "The default ticket type must be active."
    attr = "is_active"


@transaction.atomic
def schedule(show: ShowTime) -> ShowTime:
    """Save a new show, with its times worked out and its hall free for it.

    Sales close at its start where it names no time. Raises `HallOccupied` where another
    scheduled show needs the hall at that time, `SalesCloseAfterEnd` and `SalesOpenAfterClose`.
    """
    lock_halls([show.hall_id])
    _work_out_times(show)
    show.sales_close_at = show.sales_close_at or show.starts_at
    _check(show)
    show.save(force_insert=True)
    return show


@transaction.atomic
def change(*, show_id: int, changes: Mapping[str, Any]) -> ShowTime:
    """Set these fields of a show, and no others.

    Where its start moves and `sales_close_at` is not among the changes, that moves along.
    Raises `ShowTime.DoesNotExist`, `HallOccupied`, `SalesCloseAfterEnd`, `SalesOpenAfterClose`,
    `ShowHasReservations` where people hold seats of the show and would find another one,
    `ShowHasHouseSeats` where seats of its hall are blocked, and `ChangedMeanwhile`.
    """
    show = _lock_with_halls(show_id, to=changes.get("hall"))
    before = {name: getattr(show, name) for name in FIXED_BY_RESERVATIONS}
    for name, value in changes.items():
        setattr(show, name, value)
    if any(getattr(show, name) != value for name, value in before.items()):
        if show.reservations.exists():
            raise ShowHasReservations
        if show.hall != before["hall"] and show.blocks.filter(lifted_at=None).exists():
            raise ShowHasHouseSeats
        _work_out_times(show)
    if changes.get("sales_close_at") is None:
        _move_close_of_sales(show, before["starts_at"], reset="sales_close_at" in changes)
    _check(show)
    show.save()
    return show


def lock_halls(hall_ids: Iterable[int]) -> None:
    """Let one at a time change the timetables of these halls, or what is sold there.

    Raises `ChangedMeanwhile` where one of them is gone.
    """
    wanted = set(hall_ids)
    halls = Hall.objects.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)
    if len(halls.values_list("pk")) != len(wanted):
        raise ChangedMeanwhile


def _lock_with_halls(show_id: int, *, to: Hall | None) -> ShowTime:
    """Lock a show after the hall that it is in and the one that it moves to."""
    hall_id = ShowTime.objects.values_list("hall_id", flat=True).get(pk=show_id)
    lock_halls({hall_id, to.pk if to else hall_id})
    shows = ShowTime.objects.select_related("movie", "hall__cinema")
    show = shows.select_for_update(of=("self",), no_key=True).get(pk=show_id)
    if show.hall_id != hall_id:
        raise ChangedMeanwhile
    return show


def _work_out_times(show: ShowTime) -> None:
    slot = timetable.slot(
        starts_at=show.starts_at,
        runtime_minutes=show.movie.runtime_minutes,
        trailer_minutes=settings.TRAILER_MINUTES,
        cleaning_minutes=settings.CLEANING_MINUTES,
    )
    show.ends_at, show.hall_free_at = slot.ends_at, slot.hall_free_at


def _move_close_of_sales(show: ShowTime, started_at: datetime, *, reset: bool) -> None:
    if reset:
        show.sales_close_at = show.starts_at
    else:
        show.sales_close_at += show.starts_at - started_at


def _check(show: ShowTime) -> None:
    if show.sales_close_at > show.ends_at:
        raise SalesCloseAfterEnd
    if show.sales_open_at and show.sales_open_at >= show.sales_close_at:
        raise SalesOpenAfterClose
    if show.state == ShowState.SCHEDULED:
        _find_hall_free(show)


def _find_hall_free(show: ShowTime) -> None:
    rivals = ShowTime.objects.occupying(show.hall, show.starts_at, show.hall_free_at)
    rival = rivals.exclude(pk=show.pk).select_related("movie").first()
    if rival is not None:
        free_at = rival.hall_free_at.astimezone(show.hall.cinema.zone)
        raise HallOccupied(
            other_title=rival.movie.title, free_at=free_at.isoformat(timespec="minutes")
        )


def lock(show_id: int) -> ShowTime:
    """Lock a show for a change of its state. Raises `ShowTime.DoesNotExist`."""
    return ShowTime.objects.select_for_update(no_key=True).get(pk=show_id)


@transaction.atomic
def cancel(
    *, show_id: int, at: datetime, reason: str = "", staff_id: int | None = None
) -> ShowTime:
    """Take a show off the programme: nobody can hold or keep a seat of it from now on.

    The reservations that it has are cancelled one by one by `booking.cancel_by_house`,
    which tells the customers the reason. Cancelling again changes nothing, the reason
    and who gave it among that. Raises `ShowTime.DoesNotExist`.
    """
    show = lock(show_id)
    if show.is_cancelled:
        return show
    show.state = ShowState.CANCELLED
    show.cancelled_at, show.cancelled_by_id = at, staff_id
    show.cancellation_reason = reason
    show.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancellation_reason"])
    claims.note_cleared(show.pk, at)
    return show


@transaction.atomic
def remove(*, show_id: int) -> None:
    """Delete a show that nobody ever reserved a seat of.

    Raises `ShowTime.DoesNotExist`, and `ShowHasReservations`: such a show is cancelled
    instead, so that nothing that was sold disappears.
    """
    show = ShowTime.objects.select_for_update().get(pk=show_id)
    if Reservation.objects.filter(showtime=show).exists():
        raise ShowHasReservations
    show.delete()


@transaction.atomic
def save_ticket_type(ticket_type: TicketType) -> TicketType:
    """Save a ticket type. One that is to be the default takes that from the present one.

    Raises `DefaultTicketType` where no default would be left, and `DefaultNotOnSale`.
    """
    if ticket_type.is_default and not ticket_type.is_active:
        raise DefaultNotOnSale
    # All of them, so that two defaults can't be made at once.
    locked = TicketType.objects.order_by("pk").select_for_update(no_key=True)
    present = {row.pk: row for row in locked}
    before = present.get(ticket_type.pk)
    if before and before.is_default and not ticket_type.is_default:
        raise DefaultTicketType
    if ticket_type.is_default:
        others = TicketType.objects.exclude(pk=ticket_type.pk)
        others.filter(is_default=True).update(is_default=False)
    ticket_type.save()
    return ticket_type


@transaction.atomic
def remove_ticket_type(*, ticket_type_id: int) -> None:
    """Delete a ticket type that was never sold.

    Raises `TicketType.DoesNotExist`, `DefaultTicketType`, and Django's `ProtectedError`
    where tickets were sold at it: such a type is switched off instead.
    """
    ticket_type = TicketType.objects.select_for_update().get(pk=ticket_type_id)
    if ticket_type.is_default:
        raise DefaultTicketType
    ticket_type.delete()
