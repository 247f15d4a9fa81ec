"""Promotions at the desk: codes, what they take off, for what, and how often they were used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import (
    DATETIME_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2MultipleWidget,
)

from reservation import promoting
from reservation.admin.fields import MoneyField, is_id, money_label, price_written
from reservation.admin.refusals import RefusableForm, RefusingAdmin
from reservation.models import Cinema, Movie, Promotion, ShowTime, TicketType
from reservation.models.pricing import WEEKDAYS
from reservation.rules import promotions, timetable

ALL = "None means all."
SECTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("The code", {"fields": ("code", "name", "is_active")}),
    ("What it takes off: one of these", {"fields": ("percentage", "amount")}),
    ("How often", {"fields": ("limit", "limit_per_user")}),
    ("When it can be used (UTC)", {"fields": ("valid_from", "valid_until")}),
    (
        "For which shows, by the cinema's own calendar",
        {"fields": ("movies", "cinemas", "shows", "shows_from", "shows_until", "weekdays")},
    ),
    ("For which tickets", {"fields": ("ticket_types", "least_tickets", "least_total")}),
)

IN_WORDS = {
    "amount": "amount_written",
    "least_total": "least_total_written",
    "weekdays": "weekdays_written",
}


class SearchingSelectMultiple(AutocompleteSelectMultiple):
    """Looks rows up while one types."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        # Django asks the database for whatever was sent, letters and all.
        return super().optgroups(name, [one for one in value if is_id(one)], attr)


def _searching(field: str) -> SearchingSelectMultiple:
    return SearchingSelectMultiple(Promotion._meta.get_field(field), admin.site)


class UtcTimeField(forms.DateTimeField):
    """A moment in UTC, in one field: Django's two break over what an address may give them."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"type": "datetime-local", "class": " ".join([*DATETIME_CLASSES, "max-w-2xl"])}
        widget = forms.DateTimeInput(attrs=attrs, format="%Y-%m-%dT%H:%M:%S")
        super().__init__(widget=widget, required=False, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        moment = super().to_python(value)
        if moment is not None and not timetable.is_sensible(moment):
            raise forms.ValidationError(
                f"Give a year from {timetable.FIRST_YEAR} to {timetable.LAST_YEAR}.",
                code="absurd_date",
            )
        return moment


class PromotionForm(RefusableForm):
    amount = MoneyField(
        label=money_label("Amount"),
        least=1,
        required=False,
        help_text="Comes off a reservation once, at most down to nothing.",
    )
    least_total = MoneyField(
        label=money_label("Least price"),
        required=False,
        help_text="What these tickets cost together without the code. Empty: any.",
    )
    movies = forms.ModelMultipleChoiceField(
        Movie.objects.all(), required=False, label="Films", widget=_searching("movies")
    )
    cinemas = forms.ModelMultipleChoiceField(
        Cinema.objects.all(), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    shows = forms.ModelMultipleChoiceField(
        ShowTime.objects.select_related("movie", "hall__cinema"),
        required=False,
        widget=_searching("shows"),
    )
    ticket_types = forms.ModelMultipleChoiceField(
        TicketType.objects.all(), required=False, widget=UnfoldAdminSelect2MultipleWidget
    )
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        empty_value=[],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    valid_from = UtcTimeField(label="From", help_text="Empty: at once.")
    valid_until = UtcTimeField(label="Until", help_text="Before then. Empty: always.")

    class Meta:
        model = Promotion
        fields = tuple(name for _, section in SECTIONS for name in section["fields"])
        labels: ClassVar = {
            "is_active": "In use",
            "limit": "Reservations in all",
            "limit_per_user": "Reservations of each account",
            "shows_from": "First day",
            "shows_until": "Last day",
            "least_tickets": "Tickets at least",
        }
        help_texts: ClassVar = {
            "code": "Customers may type it in any case. It stays once somebody used it.",
            "is_active": "Switched off, it is unknown to customers. Who holds or bought seats "
            "with it keeps the price.",
            "limit": "Holds count while they last. Empty: any number.",
            "limit_per_user": "Empty: any number.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("movies", "cinemas", "shows", "ticket_types", "weekdays"):
            if name in self.fields:
                self.fields[name].help_text = ALL

    def clean_code(self) -> str:
        try:
            return promotions.normalized(self.cleaned_data["code"])
        except promotions.NotACode as error:
            raise forms.ValidationError(str(error), code="not_a_code") from error

    def clean_least_total(self) -> int:
        return self.cleaned_data["least_total"] or 0


@admin.register(Promotion)
class PromotionAdmin(RefusingAdmin):
    """Every change goes through the verbs of `promoting`, as over the API."""

    form = PromotionForm
    list_display = ("code", "name", "takes_off", "is_active", "uses", "valid_until")
    list_filter = ("is_active",)
    sortable_by = ("code",)
    search_fields = ("code", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        return promoting.with_uses(super().get_queryset(request), timezone.now())

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        # Not as an attribute: Django's checks take a table of one's own between two for one
        # with more to enter.
        if obj is None:
            return SECTIONS
        return (("How it stands", {"fields": ("uses",)}), *self._entered(request, obj))

    def _entered(self, request: HttpRequest, promotion: Model) -> Any:
        """The sections; in words for whoever may only read them."""
        if self.has_change_permission(request, promotion):
            return SECTIONS
        return tuple(
            (title, {"fields": tuple(IN_WORDS.get(name, name) for name in section["fields"])})
            for title, section in SECTIONS
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        return ("uses", *IN_WORDS.values()) if obj else ()

    @admin.display(description="Amount")
    def amount_written(self, promotion: Promotion) -> str:
        return "-" if promotion.amount is None else price_written(promotion.amount)

    @admin.display(description="Least price")
    def least_total_written(self, promotion: Promotion) -> str:
        return price_written(promotion.least_total)

    @admin.display(description="Weekdays")
    def weekdays_written(self, promotion: Promotion) -> str:
        return ", ".join(WEEKDAYS[day] for day in sorted(promotion.weekdays)) or "all"

    @admin.display(description="Takes off")
    def takes_off(self, promotion: Promotion) -> str:
        if promotion.amount is not None:
            return price_written(promotion.amount)
        return f"{promotion.percentage} %"

    @admin.display(description="Used")
    def uses(self, promotion: Any) -> str:
        limit = "any number" if promotion.limit is None else promotion.limit
        held = f" and {promotion.held} held" if promotion.held else ""
        return f"{promotion.sold} sold{held}, of {limit}"

    def save_model(
        self, request: HttpRequest, obj: Promotion, form: forms.ModelForm, change: bool
    ) -> None:
        if not change:
            obj.save()
            return
        columns = {field.name for field in Promotion._meta.concrete_fields}
        promoting.change(obj, columns.intersection(form.changed_data))

    def delete_model(self, request: HttpRequest, obj: Promotion) -> None:
        promoting.remove(promotion_id=obj.pk)
