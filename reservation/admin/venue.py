"""Cinemas, halls and seat categories at the desk."""

import zoneinfo
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelect2Widget

from reservation import venue
from reservation.admin.fields import MoneyField, money_label, price_written
from reservation.admin.policies import (
    PolicyField,
    house_policy_written,
    how_to_write,
    policy_written,
)
from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.admin.seat_plan import SeatPlanPage
from reservation.models import Cinema, Hall, SeatCategory


class CinemaForm(RefusableForm):
    time_zone = forms.ChoiceField(
        choices=lambda: (
            [("", "Choose a time zone")]
            + [(name, name) for name in sorted(zoneinfo.available_timezones())]
        ),
        widget=UnfoldAdminSelect2Widget,
        help_text="Shows are announced by this clock. Changing it moves no show that is "
        "scheduled already, and is refused once seats were reserved.",
    )
    cancellation_policy = PolicyField()

    class Meta:
        model = Cinema
        fields = ("name", "slug", "address", "time_zone", "cancellation_policy")
        help_texts: ClassVar = {"slug": "The cinema's name in web addresses."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if policy := self.fields.get("cancellation_policy"):
            policy.help_text = how_to_write(f"the house's policy ({house_policy_written()})")


@admin.register(Cinema)
class CinemaAdmin(RefusingAdmin):
    form = CinemaForm
    list_display = ("name", "address", "time_zone", "hall_count")
    search_fields = ("name", "address")
    prepopulated_fields: ClassVar = {"slug": ("name",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cinema]:
        return super().get_queryset(request).annotate(halls_here=Count("halls"))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("name", "slug", "address", "time_zone", "policy")
        return ("name", "slug", "address", "time_zone", "cancellation_policy")

    @admin.display(description="Cancellation policy")
    def policy(self, cinema: Cinema) -> str:
        if cinema.cancellation_policy is None:
            return f"The house's: {house_policy_written()}"
        return policy_written(cinema.cancellation_policy)

    def save_model(
        self,
        request: HttpRequest,
        obj: Cinema,
        form: forms.ModelForm,
        change: bool,
    ) -> None:
        if not change:
            obj.save()
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        venue.change_cinema(cinema_id=obj.pk, changes=changes)

    @admin.display(description="Halls", ordering="halls_here")
    def hall_count(self, cinema: Model) -> int:
        return cinema.halls_here  # type: ignore[attr-defined]


@admin.register(Hall)
class HallAdmin(SeatPlanPage):
    list_display = ("name", "cinema", "seat_count", "plan")
    list_select_related = ("cinema",)
    list_filter = ("cinema",)
    search_fields = ("name", "cinema__name")
    fields = ("cinema", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hall]:
        halls = super().get_queryset(request).select_related("cinema")
        in_use = Count("seats", filter=Q(seats__retired_at=None))
        return halls.annotate(seats_in_use=in_use)

    def save_model(
        self,
        request: HttpRequest,
        obj: Hall,
        form: forms.ModelForm,
        change: bool,
    ) -> None:
        if not change:
            obj.save()
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        venue.change_hall(hall_id=obj.pk, changes=changes)

    @admin.display(description="Seats", ordering="seats_in_use")
    def seat_count(self, hall: Model) -> int:
        return hall.seats_in_use  # type: ignore[attr-defined]

    @admin.display(description="Plan")
    def plan(self, hall: Hall) -> str:
        url = reverse("admin:reservation_seat_changelist")
        return format_html('<a href="{}?hall={}">Show its seats</a>', url, hall.pk)


class SeatCategoryForm(RefusableForm):
    surcharge = MoneyField(
        label=money_label("Surcharge"),
        help_text="Added to a show's price; a ticket type takes its share of both together, "
        "rounded half up to the cent. A change counts for seats that are held from now "
        "on; nobody who holds or bought a ticket pays another price.",
    )

    class Meta:
        model = SeatCategory
        fields = ("name", "colour", "surcharge")
        widgets: ClassVar = {"colour": UnfoldAdminColorInputWidget}
        help_texts: ClassVar = {"colour": "Of these seats on the plan."}


@admin.register(SeatCategory)
class SeatCategoryAdmin(RefusingAdmin):
    form = SeatCategoryForm
    list_display = ("name", "swatch", "surcharge_written")
    readonly_fields = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if obj is not None and not self.has_change_permission(request, obj):
            return ("name", "swatch", "surcharge_written")
        return ("name", "colour", "surcharge")

    @admin.display(description="Colour")
    def swatch(self, category: SeatCategory) -> str:
        return format_html(
            '<span style="display:inline-block;width:1.2em;height:1.2em;border-radius:3px;'
            'vertical-align:middle;background:{}"></span> {}',
            category.colour,
            category.colour,
        )

    @admin.display(description="Surcharge", ordering="surcharge")
    def surcharge_written(self, category: SeatCategory) -> str:
        return price_written(category.surcharge)

    def save_model(
        self,
        request: HttpRequest,
        obj: SeatCategory,
        form: forms.ModelForm,
        change: bool,
    ) -> None:
        if not change:
            obj.save()
            return
        changes = {name: getattr(obj, name) for name in form.changed_data}
        venue.change_category(
            category_id=obj.pk, changes=changes, at=timezone.now(), by=request.user.pk
        )
