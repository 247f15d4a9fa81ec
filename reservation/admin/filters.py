"""What narrows down the desk's lists."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from reservation.admin.fields import is_id
from reservation.api.programme import starting_on
from reservation.models import Hall, Reservation, ReservationState, ShowTime
from reservation.rules import timetable

DAYS_AHEAD = 14


class HallFilter(admin.SimpleListFilter):
    """Halls with their cinema's name, all in one query."""

    title = "hall"
    parameter_name = "hall"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        halls = Hall.objects.select_related("cinema")
        return [(str(hall.pk), str(hall)) for hall in halls]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if not value:
            return queryset
        return queryset.filter(hall=value) if is_id(value) else queryset.none()


class DayFilter(admin.SimpleListFilter):
    """What is on that calendar day, each show by the clock of its own cinema."""

    title = "day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # Yesterday in UTC is still today in the west.
        today = timezone.now().date() - datetime.timedelta(days=1)
        days = [today + datetime.timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
        return [(day.isoformat(), f"{day:%a %d %b}") for day in days]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return self.without_day(queryset)
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError:
            return queryset.none()
        return self.on(queryset, day) if timetable.is_sensible(day) else queryset.none()

    def without_day(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset

    def on(self, queryset: QuerySet[Any], day: datetime.date) -> QuerySet[Any]:
        return queryset.filter(starting_on(day))


class ShowDayFilter(DayFilter):
    """Without a day what is still to come: the past is long, and rarely asked for."""

    PAST = "past"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, model_admin), (self.PAST, "Past shows")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield first | {"display": "From now on"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == self.PAST:
            return queryset.filter(ends_at__lte=timezone.now())
        return super().queryset(request, queryset)

    def without_day(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ends_at__gt=timezone.now())


class ReservationDayFilter(DayFilter):
    title = "day of the show"

    def on(self, queryset: QuerySet[Any], day: datetime.date) -> QuerySet[Any]:
        shows = ShowTime.objects.filter(starting_on(day)).order_by()
        return queryset.filter(showtime__in=shows.values("pk"))


class ReservationStateFilter(admin.SimpleListFilter):
    """The state that counts now, not the one that was last written."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in ReservationState.choices]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Reservation]
    ) -> QuerySet[Reservation]:
        state = self.value()
        if state not in ReservationState.values:
            return queryset
        if state == ReservationState.HELD:
            return queryset & Reservation.objects.holding(timezone.now())
        # Not `state=…`: SQLite would go by its index, and then sort all that are in it. Like
        # this it goes by age, as the list does, and leaves out what is in another state.
        if state == ReservationState.EXPIRED:
            queryset = queryset.exclude(state=ReservationState.HELD, expires_at__gt=timezone.now())
            others = set(ReservationState) - {state, ReservationState.HELD}
        else:
            others = set(ReservationState) - {state}
        return queryset.exclude(state__in=sorted(others))
