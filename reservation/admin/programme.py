"""Shows at the desk."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action as detail_action

from reservation import booking, programme
from reservation.admin import confirmation
from reservation.admin.confirmation import counted
from reservation.admin.fields import (
    SearchingSelect,
    clock,
    price_written,
)
from reservation.admin.filters import HallFilter, ShowDayFilter
from reservation.admin.refusals import RefusingAdmin
from reservation.admin.show_form import ShowForm
from reservation.models import (
    Hall,
    Reservation,
    ReservationState,
    Seat,
    ShowTime,
    Ticket,
)


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


@admin.register(ShowTime)
class ShowAdmin(RefusingAdmin):
    """Every change goes through the verbs of `programme`, as over the API."""

    form = ShowForm
    list_display = (
        "film",
        "cinema",
        "hall_name",
        "starts_locally",
        "price_of_ticket",
        "format",
        "state",
        "seats_sold",
    )
    list_filter = (ShowDayFilter, "hall__cinema", HallFilter, "state", "format")
    search_fields = ("movie__title",)
    search_help_text = "Look for a film"
    ordering = ("starts_at", "pk")
    autocomplete_fields = ("movie",)
    actions = ("cancel_shows",)
    actions_detail = ("cancel_this_show",)
    fieldsets = (
        ("What and where", {"fields": ("movie", "hall")}),
        ("When, by the cinema's own clock", {"fields": ("starts_at", "sales_close_at")}),
        ("How much", {"fields": ("price",)}),
        ("How", {"fields": ("format", "audio_language", "subtitle_language")}),
    )
    SHOWN: ClassVar = (
        "film",
        "cinema",
        "hall_name",
        "starts_locally",
        "ends_locally",
        "sales_close_locally",
        "price_of_ticket",
        "format",
        "audio_language",
        "subtitle_language",
        "state",
        "seats_sold",
    )
    STANDS: ClassVar = ("state", "seats_sold", "ends_locally", "free_locally")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShowTime]:
        tickets = Ticket.objects.taking_seats(timezone.now()).filter(showtime=OuterRef("pk"))
        seats = Seat.objects.in_use().filter(hall=OuterRef("hall"))
        shows = super().get_queryset(request).select_related("movie", "hall__cinema")
        return shows.annotate(taken=_count(tickets, "showtime"), seats=_count(seats, "hall"))

    def get_fieldsets(self, request: HttpRequest, obj: ShowTime | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": self.SHOWN}),)
        return (("How it stands", {"fields": self.STANDS}), *self.fieldsets)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ShowTime | None = None
    ) -> tuple[str, ...]:
        return self.STANDS if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "movie":
            kwargs["widget"] = SearchingSelect(db_field, self.admin_site)
        if db_field.name == "hall":
            kwargs["queryset"] = Hall.objects.select_related("cinema")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Film", ordering="movie__title")
    def film(self, show: ShowTime) -> str:
        return show.movie.title

    @admin.display(description="Cinema", ordering="hall__cinema__name")
    def cinema(self, show: ShowTime) -> str:
        return show.hall.cinema.name

    @admin.display(description="Hall", ordering="hall__name")
    def hall_name(self, show: ShowTime) -> str:
        return show.hall.name

    @admin.display(description="Starts (local time)", ordering="starts_at")
    def starts_locally(self, show: ShowTime) -> str:
        return clock(show.starts_at, show.hall.cinema)

    @admin.display(description="Film ends (cinema's local time)")
    def ends_locally(self, show: ShowTime) -> str:
        return clock(show.ends_at, show.hall.cinema)

    @admin.display(description="Hall is cleaned and free again at")
    def free_locally(self, show: ShowTime) -> str:
        return clock(show.hall_free_at, show.hall.cinema)

    @admin.display(description="Sales close (cinema's local time)")
    def sales_close_locally(self, show: ShowTime) -> str:
        return clock(show.sales_close_at, show.hall.cinema)

    @admin.display(description="Price", ordering="price")
    def price_of_ticket(self, show: ShowTime) -> str:
        return price_written(show.price)

    @admin.display(description="Seats taken", ordering="taken")
    def seats_sold(self, show: Any) -> str:
        return f"{show.taken} of {show.seats}"

    def save_model(
        self,
        request: HttpRequest,
        obj: ShowTime,
        form: ShowForm,
        change: bool,
    ) -> None:
        if change:
            programme.change(show_id=obj.pk, changes=form.changes)
        else:
            programme.schedule(obj)

    def delete_model(self, request: HttpRequest, obj: ShowTime) -> None:
        programme.remove(show_id=obj.pk)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        rights = ("reservation.change_showtime", "reservation.change_reservation")
        return request.user.has_perms(rights)

    @detail_action(description="Cancel this show", permissions=["cancel"])
    def cancel_this_show(self, request: HttpRequest, object_id: str) -> HttpResponse:
        show = self.get_object(request, object_id)
        if show is None:
            return HttpResponseRedirect(self.list_url)
        return self._ask_to_cancel(request, [show])

    @admin.action(description="Cancel these shows", permissions=["cancel"])
    def cancel_shows(
        self, request: HttpRequest, queryset: QuerySet[ShowTime]
    ) -> HttpResponse | None:
        shows = list(queryset)
        if not confirmation.is_confirmed(request):
            return self._ask_to_cancel(request, shows)
        at = timezone.now()
        ended = sum(_cancel(show, at) for show in shows)
        self.message_user(
            request,
            f"Cancelled: {counted(len(shows), 'show')}, with {counted(ended, 'reservation')}. "
            "What was paid goes back to the customers.",
            messages.SUCCESS,
        )
        return None

    def _ask_to_cancel(self, request: HttpRequest, shows: list[ShowTime]) -> HttpResponse:
        alive = _alive(shows)
        paid, total = _paid_for(alive)
        return confirmation.ask(
            self,
            request,
            action="cancel_shows",
            question=f"Cancel {counted(len(shows), 'show')}?",
            consequences=[
                f"Cancelled with it: {counted(alive.count(), 'reservation')}.",
                f"Paid for of these: {paid}. {price_written(total)} goes back, without a fee.",
                "Nobody can reserve seats there any more. This can't be undone.",
            ],
            headings=["Film", "Starts (local time)", "Cinema", "Hall", "Seats taken"],
            rows=[_row(self, show) for show in shows],
            selected=[show.pk for show in shows],
            button="Yes, cancel",
        )


def _row(page: ShowAdmin, show: ShowTime) -> list[str]:
    return [
        show.movie.title,
        clock(show.starts_at, show.hall.cinema),
        show.hall.cinema.name,
        show.hall.name,
        page.seats_sold(show),
    ]


def _alive(shows: list[ShowTime]) -> QuerySet[Reservation]:
    states = (ReservationState.HELD, ReservationState.CONFIRMED)
    return Reservation.objects.filter(showtime__in=shows, state__in=states)


def _paid_for(reservations: QuerySet[Reservation]) -> tuple[int, int]:
    """How many of them are paid for, and for how much in all, in minor units."""
    confirmed = reservations.filter(state=ReservationState.CONFIRMED).order_by()
    sums = confirmed.aggregate(count=Count("pk"), total=Coalesce(Sum("total"), 0))
    return sums["count"], sums["total"]


def _cancel(show: ShowTime, at: datetime) -> int:
    """Cancel a show, then its reservations one by one; says how many.

    The show comes first: no seat of it is held after that. Each reservation is a
    transaction of its own, so that a break leaves whole ones; doing it again goes on.
    """
    programme.cancel(show_id=show.pk, at=at)
    ids = list(_alive([show]).order_by("pk").values_list("pk", flat=True))
    for reservation_id in ids:
        booking.cancel_by_house(reservation_id=reservation_id, at=at)
    return len(ids)
