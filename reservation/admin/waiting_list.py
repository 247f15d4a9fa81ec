"""Who stands in line for which show, and what became of it."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cinema_reservation.desk import ReadOnlyAdmin
from reservation import waiting_list
from reservation.admin.confirmation import counted
from reservation.admin.fields import clock
from reservation.admin.house_seats import OneShowFilter
from reservation.models import PlaceInLine

COLUMNS = ("user", "show", "starts_locally", "seats", "category", "joined_at", "state", "offer")


class InLineFilter(admin.SimpleListFilter):
    title = "place"
    parameter_name = "place"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "In line"), ("over", "Served, or left")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[PlaceInLine]
    ) -> QuerySet[PlaceInLine]:
        match self.value():
            case None | "":
                return queryset
            case "waiting":
                return queryset.filter(offer=None, left_at=None)
            case "over":
                return queryset.exclude(offer=None, left_at=None)
            case _:
                return queryset.none()


@admin.register(PlaceInLine)
class PlaceInLineAdmin(ReadOnlyAdmin):
    """To be read; offers are made by themselves. Somebody can be taken out of the line."""

    list_display = COLUMNS
    list_filter = (InLineFilter, OneShowFilter)
    search_fields = ("user__email", "showtime__movie__title")
    search_help_text = "Look for an e-mail address or a film"
    list_select_related = (
        "user",
        "showtime__movie",
        "showtime__hall__cinema",
        "category",
        "offer",
    )
    actions = ("take_out",)
    fields: ClassVar = (*COLUMNS, "left_at")

    def has_take_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reservation.change_placeinline")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlaceInLine]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="Show", ordering="showtime__movie__title")
    def show(self, place: PlaceInLine) -> str:
        return f"{place.showtime.movie}, {place.showtime.hall}"

    @admin.display(description="Starts (local time)", ordering="showtime__starts_at")
    def starts_locally(self, place: PlaceInLine) -> str:
        return clock(place.showtime.starts_at, place.showtime.hall.cinema)

    @admin.display(description="State")
    def state(self, place: PlaceInLine) -> str:
        return str(place.state_at(timezone.now()).label)

    @admin.action(
        description="Take out of the line, and free what is offered", permissions=["take_out"]
    )
    def take_out(
        self, request: HttpRequest, queryset: QuerySet[PlaceInLine]
    ) -> HttpResponse | None:
        at = timezone.now()
        places = list(queryset.order_by("pk"))
        for place in places:
            waiting_list.leave(place_id=place.pk, at=at)
            self.log_change(request, place, "Taken out of the line.")
        self.message_user(
            request, f"Taken out: {counted(len(places), 'place')}.", messages.SUCCESS
        )
        return None
