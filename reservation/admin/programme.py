"""Shows at the desk."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action as detail_action

from reservation import facts, programme
from reservation.admin import blocking, prices
from reservation.admin.fields import SearchingSelect, clock, price_written
from reservation.admin.filters import HallFilter, ShowDayFilter
from reservation.admin.policies import policy_written
from reservation.admin.show_cancelling import ShowCancelling, seats_taken
from reservation.admin.show_form import ShowForm
from reservation.models import Edition, Hall, PlaceInLine, Seat, SeatBlock, ShowTime, Ticket


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


@admin.register(ShowTime)
class ShowAdmin(ShowCancelling):
    """Every change goes through the verbs of `programme`, as over the API."""

    form = ShowForm
    actions_detail = ("block_seats", *ShowCancelling.actions_detail)
    list_display = (
        "film",
        "cinema",
        "hall_name",
        "starts_locally",
        "base_price",
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
    fieldsets = (
        ("What and where", {"fields": ("movie", "hall")}),
        (
            "When, by the cinema's own clock",
            {"fields": ("starts_at", "sales_open_at", "sales_close_at")},
        ),
        ("For whom", {"fields": ("forbids_lonely_seats",)}),
        ("How much", {"fields": ("price", "cancellation_policy")}),
        ("How", {"fields": ("format", "audio_language", "subtitle_language")}),
    )
    SHOWN: ClassVar = (
        "film",
        "cinema",
        "hall_name",
        "starts_locally",
        "ends_locally",
        "sales_open_locally",
        "sales_close_locally",
        "base_price",
        "price_of_ticket",
        "promised",
        "forbids_lonely_seats",
        "format",
        "audio_language",
        "subtitle_language",
        "state",
        "seats_sold",
        "seat_map",
    )
    WHY_CANCELLED: ClassVar = ("cancelled_locally", "cancelled_by", "cancellation_reason")
    STANDS: ClassVar = (
        "state",
        "seats_sold",
        "ends_locally",
        "free_locally",
        "price_of_ticket",
        "promised",
        "seat_map",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShowTime]:
        tickets = Ticket.objects.taking_seats(timezone.now()).filter(showtime=OuterRef("pk"))
        seats = Seat.objects.in_use().filter(hall=OuterRef("hall"))
        shows = super().get_queryset(request).select_related("movie", "hall__cinema")
        number = Edition.objects.filter(pk=1).values("number")
        return shows.annotate(
            taken=_count(tickets, "showtime"),
            seats=_count(seats, "hall"),
            edition_number=Coalesce(Subquery(number), Value(0)),
        )

    def get_fieldsets(self, request: HttpRequest, obj: ShowTime | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": (*self.SHOWN, *self._why_cancelled(obj))}),)
        stands = (*self.STANDS, *self._why_cancelled(obj))
        return (("How it stands", {"fields": stands}), *self.fieldsets)

    def _why_cancelled(self, show: ShowTime) -> tuple[str, ...]:
        return self.WHY_CANCELLED if show.is_cancelled else ()

    def get_readonly_fields(
        self, request: HttpRequest, obj: ShowTime | None = None
    ) -> tuple[str, ...]:
        return (*self.STANDS, *self.WHY_CANCELLED) if obj else ()

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

    @admin.display(description="Sales open (cinema's local time)")
    def sales_open_locally(self, show: ShowTime) -> str:
        return clock(show.sales_open_at, show.hall.cinema) if show.sales_open_at else "At once"

    @admin.display(description="Sales close (cinema's local time)")
    def sales_close_locally(self, show: ShowTime) -> str:
        return clock(show.sales_close_at, show.hall.cinema)

    @admin.display(description="Cancelled at (cinema's local time)")
    def cancelled_locally(self, show: ShowTime) -> str:
        return clock(show.cancelled_at, show.hall.cinema) if show.cancelled_at else "-"

    @admin.display(description="Base price", ordering="price")
    def base_price(self, show: ShowTime) -> str:
        return price_written(show.price)

    @admin.display(description="Price by the rules")
    def price_of_ticket(self, show: Any) -> str:
        price = facts.price_of(show, edition_number=show.edition_number)
        return prices.with_rules(price)

    @admin.display(description="Promised now to whoever cancels")
    def promised(self, show: ShowTime) -> str:
        return policy_written(show.promised_policy)

    @admin.display(description="Seats taken", ordering="taken")
    def seats_sold(self, show: Any) -> str:
        return seats_taken(show)

    @admin.display(description="Seats now")
    def seat_map(self, show: ShowTime) -> str:
        return format_html(
            '<a href="{}"><img src="{}" alt="Which seats are sold, held, blocked and free"'
            ' style="width:100%;max-width:40rem;border-radius:6px"></a>',
            *[reverse("show-seat-map", args=[show.pk])] * 2,
        )

    @detail_action(description="House seats", permissions=["block"])
    def block_seats(self, request: HttpRequest, object_id: str) -> HttpResponse:
        show = self.get_object(request, object_id)
        if show is None:
            return HttpResponseRedirect(self.list_url)
        return blocking.page(self, request, show)

    def has_block_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("reservation.add_seatblock")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, goes, lacking, in_the_way = super().get_deleted_objects(objs, request)
        # Neither has a page to be deleted from; they go with their show.
        of_the_show = {str(model._meta.verbose_name) for model in (SeatBlock, PlaceInLine)}
        return names, goes, lacking - of_the_show, in_the_way

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
