"""Seats at the desk, changed by the verbs of `reservation.venue`."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from reservation import venue
from reservation.admin import confirmation
from reservation.admin.confirmation import counted
from reservation.admin.filters import HallFilter
from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.models import Hall, Seat

STAY_GOOD = "Tickets that were sold for a seat stay good."


class SeatForm(RefusableForm):
    class Meta:
        model = Seat
        fields = ("hall", "row", "number", "x", "y", "category", "kind")
        labels: ClassVar = {"x": "Place from the left", "y": "Place from the screen"}
        help_texts: ClassVar = {
            "row": "Letters, such as C. Fixed once the seat was sold.",
            "number": "In its row. Fixed once the seat was sold.",
            "x": "In seat widths from the left edge of the hall's plan, beginning with 0.",
            "y": "In seat widths from the screen, beginning with 0.",
        }

    def _get_validation_exclusions(self) -> set[str]:
        # Whether row, number and place are free in the hall depends on these, though
        # they can't be changed here.
        checked = {"hall", "retired_at"} - set(self.errors)
        return super()._get_validation_exclusions() - checked


@admin.register(Seat)
class SeatAdmin(RefusingAdmin):
    form = SeatForm
    list_display = ("label", "hall", "category", "kind", "from_left", "from_screen", "in_use")
    list_filter = (HallFilter, "category", "kind", ("retired_at", admin.EmptyFieldListFilter))
    list_select_related = ("hall__cinema", "category")
    search_fields = ("row",)
    search_help_text = "Look for a row"
    list_per_page = 200
    actions = ("take_out",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seat]:
        return super().get_queryset(request).select_related("hall__cinema", "category")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Seat | None = None
    ) -> tuple[str, ...]:
        # A seat stays in its hall.
        return ("hall", "in_use") if obj else ()

    def get_fields(self, request: HttpRequest, obj: Seat | None = None) -> tuple[str, ...]:
        return (*SeatForm.Meta.fields, "in_use") if obj else SeatForm.Meta.fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "hall":
            kwargs["queryset"] = Hall.objects.select_related("cinema")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="Seat", ordering=("row"))
    def label(self, seat: Seat) -> str:
        return seat.label

    @admin.display(description="From the left")
    def from_left(self, seat: Seat) -> int:
        return seat.x

    @admin.display(description="From the screen")
    def from_screen(self, seat: Seat) -> int:
        return seat.y

    @admin.display(description="In use", boolean=True, ordering="retired_at")
    def in_use(self, seat: Seat) -> bool:
        return seat.retired_at is None

    def save_model(
        self,
        request: HttpRequest,
        obj: Seat,
        form: SeatForm,
        change: bool,
    ) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            venue.change_seat(
                seat_id=obj.pk, changes=changes, at=timezone.now(), by=request.user.pk
            )
        else:
            venue.add_seat(obj, by=request.user.pk)

    def delete_model(self, request: HttpRequest, obj: Seat) -> None:
        venue.retire_seat(seat_id=obj.pk, at=timezone.now(), by=request.user.pk)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Nothing is in the way: a seat that was sold is retired.
        objs = list(objs)
        return (
            [f"Seat {seat.label}, {seat.hall}" for seat in objs],
            {"seats": len(objs)},
            set(),
            [],
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # "Take out" says what really happens to seats that were sold.
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name != "delete_selected"
        }

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        self.message_user(request, f"Seat {obj_display} was taken out. {STAY_GOOD}")
        return HttpResponseRedirect(self.list_url)

    @admin.action(description="Take these seats out of their hall", permissions=["delete"])
    def take_out(self, request: HttpRequest, queryset: QuerySet[Seat]) -> HttpResponse | None:
        seats = list(queryset)
        if not confirmation.is_confirmed(request):
            return self._ask_to_take_out(request, seats)
        ids = [seat.pk for seat in seats]
        taken = venue.retire_seats(seat_ids=ids, at=timezone.now(), by=request.user.pk)
        self.message_user(
            request, f"Taken out: {counted(taken, 'seat')}. {STAY_GOOD}", messages.SUCCESS
        )
        return None

    def _ask_to_take_out(self, request: HttpRequest, seats: list[Seat]) -> HttpResponse:
        return confirmation.ask(
            self,
            request,
            action="take_out",
            question=f"Take {counted(len(seats), 'seat')} out of the hall?",
            consequences=["No seat of these is sold any more, for no show.", STAY_GOOD],
            headings=["Seat", "Hall"],
            rows=[(seat.label, seat.hall) for seat in seats],
            selected=[seat.pk for seat in seats],
            button="Yes, take out",
        )
