"""The verbs on shows: schedule and cancel."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from cinema_reservation.errors import DomainError
from reservation.models import Hall, ShowState, ShowTime
from reservation.rules import timetable


class HallOccupied(DomainError):
    code = "hall_occupied"
    sentence = (
        "The hall is taken by {other_title} until {free_at:%Y-%m-%d %H:%M} UTC "
        "(trailers and cleaning included). Choose another time or hall."
    )


class ShowHasReservations(DomainError):
    code = "showtime_in_use"
    sentence = (
        "Seats of this show were sold, so its hall, film and time are fixed. "
        "Cancel it and schedule another."
    )


class SalesCloseAfterEnd(DomainError):
    status = 400
    code = "sales_close_after_end"
    sentence = "Sales must close before the show ends."


@transaction.atomic
def schedule(show: ShowTime) -> ShowTime:
    """Save a new or changed show, with its times worked out and its hall free for it.

    Raises `HallOccupied` where another scheduled show needs the hall at that time, and
    `ShowHasReservations` where people hold seats of the show and would find another one.
    """
    lock_hall(show.hall_id)
    _keep_promises(show)
    _work_out_times(show)
    _find_hall_free(show)
    show.save()
    return show


def lock_hall(hall_id: int) -> None:
    """Let one at a time change a hall's timetable (on SQLite the transaction does)."""
    Hall.objects.select_for_update(no_key=True).values_list("pk").get(pk=hall_id)


def _keep_promises(show: ShowTime) -> None:
    if show.pk is None:
        return
    before = ShowTime.objects.get(pk=show.pk)
    fixed = ("movie_id", "hall_id", "starts_at")
    if any(getattr(before, name) != getattr(show, name) for name in fixed) and (
        show.reservations.exists()
    ):
        raise ShowHasReservations


def _work_out_times(show: ShowTime) -> None:
    slot = timetable.slot(
        starts_at=show.starts_at,
        runtime_minutes=show.movie.runtime_minutes,
        trailer_minutes=settings.TRAILER_MINUTES,
        cleaning_minutes=settings.CLEANING_MINUTES,
    )
    show.ends_at, show.hall_free_at = slot.ends_at, slot.hall_free_at
    show.sales_close_at = show.sales_close_at or show.starts_at
    if show.sales_close_at > show.ends_at:
        raise SalesCloseAfterEnd


def _find_hall_free(show: ShowTime) -> None:
    if show.state == ShowState.CANCELLED:
        return
    rival = (
        ShowTime.objects.occupying(show.hall, show.starts_at, show.hall_free_at)
        .exclude(pk=show.pk)
        .select_related("movie")
        .first()
    )
    if rival is not None:
        raise HallOccupied(other_title=rival.movie.title, free_at=rival.hall_free_at)


@transaction.atomic
def cancel(*, show_id: int, at: datetime) -> ShowTime:
    """Take a show off the programme: nobody can hold or keep a seat of it from now on.

    The reservations that it has are cancelled one by one by `booking.cancel_by_house`.
    """
    show = ShowTime.objects.select_for_update(no_key=True).get(pk=show_id)
    show.state = ShowState.CANCELLED
    show.save(update_fields=["state"])
    return show
