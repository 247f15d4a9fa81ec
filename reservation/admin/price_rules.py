"""Rules of cinemas for days and times at the desk."""

from datetime import time
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSingleTimeWidget,
)

from reservation.admin import price_preview
from reservation.admin.fields import MoneyField, money_label, price_written
from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.api.price_rules import FARTHEST_PRIORITY
from reservation.models import PriceRule
from reservation.models.pricing import WEEKDAYS
from reservation.models.venue import HIGHEST_PRICE

WINDOW = "By the cinema's clock, for shows that start "


class PriceRuleForm(RefusableForm):
    """A rule with its days to tick, and its change as money."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Days",
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Of shows. None means every day. What comes after midnight belongs to the day "
        "on which the window began.",
    )
    amount = MoneyField(
        label=money_label("Amount"),
        least=-HIGHEST_PRICE,
        required=False,
        help_text="What a show costs more; with a minus, less: -2.50.",
    )
    priority = forms.IntegerField(
        label="Order",
        initial=0,
        min_value=-FARTHEST_PRIORITY,
        max_value=FARTHEST_PRIORITY,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The lowest number comes first, and each rule changes what those before it "
        "left: 20 % more after 1.00 less is 20 % of the smaller price.",
    )

    class Meta:
        model = PriceRule
        fields = (
            "cinema",
            "name",
            "weekdays",
            "from_time",
            "to_time",
            "valid_from",
            "valid_until",
            "amount",
            "percentage",
            "priority",
            "is_active",
        )
        labels: ClassVar = {
            "from_time": "From",
            "to_time": "Until",
            "valid_from": "First day",
            "valid_until": "Last day",
            "percentage": "Or percent",
            "is_active": "In force",
        }
        help_texts: ClassVar = {
            "name": "Customers read it beside the price: Matinee, Weekend …",
            "from_time": WINDOW + "at that time or later.",
            "to_time": WINDOW + "before that time. Where it is not later than the beginning, it "
            "is of the next day; 00:00 to 00:00 is the whole day.",
            "valid_from": "Of shows, not of sales. Empty: no first one.",
            "valid_until": "That day too. Empty: no last one.",
            "percentage": "So many percent of the price more; with a minus, less: -20. Rounded "
            "half up to the cent.",
            "is_active": "A change counts for seats that are held from now on; nobody who holds "
            "or bought a ticket pays another price.",
        }
        widgets: ClassVar = {
            "from_time": UnfoldAdminSingleTimeWidget,
            "to_time": UnfoldAdminSingleTimeWidget,
        }


def window_written(rule: PriceRule) -> str:
    """For people: `Mon, Tue, 06:00 to 17:00`."""
    days = ", ".join(WEEKDAYS[day][:3] for day in sorted(rule.weekdays)) or "Every day"
    if rule.from_time == rule.to_time == time.min:
        return days
    next_day = " of the next day" if time.min < rule.to_time <= rule.from_time else ""
    until = f"{rule.to_time:%H:%M}" if rule.to_time != time.min else "24:00"
    return f"{days}, {rule.from_time:%H:%M} to {until}{next_day}"


def change_written(rule: PriceRule) -> str:
    """For people: `+1.50 USD`, `-20 %`."""
    if rule.percentage is not None:
        return f"{rule.percentage:+d} %"
    amount = rule.amount or 0
    return f"{'+' if amount > 0 else ''}{price_written(amount)}"


@admin.register(PriceRule)
class PriceRuleAdmin(RefusingAdmin):
    form = PriceRuleForm
    list_display = ("name", "cinema", "window", "change", "priority", "is_active")
    list_filter = ("cinema", "is_active")
    search_fields = ("name",)
    SHOWN: ClassVar = (
        "cinema",
        "name",
        "window",
        "valid_from",
        "valid_until",
        "change",
        "priority",
        "is_active",
        "preview",
    )
    CHANGE: ClassVar = ("amount", "percentage", "priority", "is_active")
    FORM: ClassVar = (
        (
            "Which shows",
            {
                "fields": (
                    "cinema",
                    "name",
                    "weekdays",
                    ("from_time", "to_time"),
                    ("valid_from", "valid_until"),
                )
            },
        ),
        ("What it does to their price", {"fields": CHANGE}),
    )
    PREVIEW: ClassVar = ("The cinema's prices, by all its rules", {"fields": ("preview",)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceRule]:
        return super().get_queryset(request).select_related("cinema")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            return self.FORM
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": self.SHOWN}),)
        return (self.PREVIEW, *self.FORM)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return ("preview", "window", "change") if obj else ()

    @admin.display(description="For shows")
    def window(self, rule: PriceRule) -> str:
        return window_written(rule)

    @admin.display(description="Change")
    def change(self, rule: PriceRule) -> str:
        return change_written(rule)

    @admin.display(description="Next days")
    def preview(self, rule: PriceRule) -> str:
        return price_preview.of_cinema(rule.cinema)
