"""Seats that the house keeps from sale, and giving them back."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cinema_reservation.desk import ReadOnlyAdmin
from reservation import house_seats
from reservation.admin.confirmation import counted
from reservation.admin.fields import clock, is_id
from reservation.models import SeatBlock

COLUMNS = (
    "seat_label",
    "show",
    "starts_locally",
    "kind",
    "reason",
    "stands",
    "release_locally",
    "created_by",
)


class StandingFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("blocked", "Blocked now"), ("over", "Released or lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        in_force = SeatBlock.objects.in_force(timezone.now()).values("pk")
        match self.value():
            case None | "":
                return queryset
            case "blocked":
                return queryset.filter(pk__in=in_force)
            case "over":
                return queryset.exclude(pk__in=in_force)
            case _:
                return queryset.none()


class OneShowFilter(admin.SimpleListFilter):
    """The show whose page led here."""

    title = "show"
    parameter_name = "showtime"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        shown = request.GET.get("showtime", "")
        return [(shown, "That one only")] if shown else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if not value:
            return queryset
        return queryset.filter(showtime=value) if is_id(value) else queryset.none()


@admin.register(SeatBlock)
class SeatBlockAdmin(ReadOnlyAdmin):
    """To be read, and lifted. Seats are blocked from the page of their show."""

    list_display = COLUMNS
    list_filter = (StandingFilter, OneShowFilter, "kind")
    search_fields = ("reason", "showtime__movie__title")
    search_help_text = "Look for a reason or a film"
    list_select_related = ("seat", "showtime__movie", "showtime__hall__cinema", "created_by")
    actions = ("lift",)
    fields: ClassVar = (*COLUMNS, "created_at", "lifted_at")

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reservation.change_seatblock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SeatBlock]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(description="Seat", ordering="seat__row")
    def seat_label(self, block: SeatBlock) -> str:
        return block.seat.label

    @admin.display(description="Show", ordering="showtime__movie__title")
    def show(self, block: SeatBlock) -> str:
        return f"{block.showtime.movie}, {block.showtime.hall}"

    @admin.display(description="Starts (local time)", ordering="showtime__starts_at")
    def starts_locally(self, block: SeatBlock) -> str:
        return clock(block.showtime.starts_at, block.showtime.hall.cinema)

    @admin.display(description="Blocked now", boolean=True)
    def stands(self, block: SeatBlock) -> bool:
        return block.is_in_force(timezone.now())

    @admin.display(description="Released at (cinema's local time)", ordering="release_at")
    def release_locally(self, block: SeatBlock) -> str:
        return clock(block.release_at, block.showtime.hall.cinema) if block.release_at else "-"

    @admin.action(description="Give these seats back to sale", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[SeatBlock]) -> HttpResponse | None:
        at = timezone.now()
        blocks = list(queryset.order_by("pk").values_list("pk", flat=True))
        lifted = sum(self._lift(request, pk, at) for pk in blocks)
        self.message_user(request, f"Given back: {counted(lifted, 'seat')}.", messages.SUCCESS)
        return None

    @transaction.atomic
    def _lift(self, request: HttpRequest, pk: int, at: datetime) -> bool:
        block = house_seats.lift(block_id=pk, at=at)
        if block.lifted_at == at:
            self.log_change(request, block, "Lifted.")
        return block.lifted_at == at
