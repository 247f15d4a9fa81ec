"""Money and time as people at the desk read and write them."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.utils.text import format_lazy
from unfold.widgets import DATETIME_CLASSES, UnfoldAdminDecimalFieldWidget

from cinema_reservation.money import decimals, written
from reservation.models import Cinema
from reservation.models.venue import HIGHEST_PRICE
from reservation.rules import timetable

LONGEST_ID = 18
PLAIN = re.compile(r"-?[0-9]*\.?[0-9]+")


def price_written(amount: int) -> str:
    """An amount of the house's currency for people."""
    return written(amount, settings.CURRENCY)


def clock(moment: datetime, cinema: Cinema) -> str:
    """A moment as that cinema's clock shows it, and which clock: `Fri 27 Nov 2026 21:00 WET`."""
    return f"{moment.astimezone(cinema.zone):%a %d %b %Y %H:%M %Z}"


def is_id(value: object) -> bool:
    """Whether that, as it came in an address or a form, can be a row's id."""
    text = str(value)
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_ID


class SearchingSelect(AutocompleteSelect):
    """Looks rows up while one types, for lists that are too long to choose from."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        # Django asks the database for whatever was sent, letters and all.
        return super().optgroups(name, [one for one in value if is_id(one)], attr)


class MoneyField(forms.DecimalField):
    """An amount as people write it (12.50); minor units (1250) to the code."""

    def __init__(
        self, *, currency: str = "", least: int = 0, most: int = HIGHEST_PRICE, **kwargs: Any
    ) -> None:
        places = decimals(currency or settings.CURRENCY)
        lowest, highest = (Decimal(amount).scaleb(-places) for amount in (least, most))
        kwargs.setdefault("widget", UnfoldAdminDecimalFieldWidget)
        super().__init__(min_value=lowest, max_value=highest, decimal_places=places, **kwargs)

    def to_python(self, value: Any) -> Any:
        # Decimal() reads 1e3, and the digits of every script, too.
        if isinstance(value, str) and value.strip() and not PLAIN.fullmatch(value.strip()):
            raise ValidationError("Write the amount in plain digits, such as 12.50.", "invalid")
        return super().to_python(value)

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        return None if amount is None else int(amount.scaleb(self.decimal_places))

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return Decimal(value).scaleb(-(self.decimal_places or 0))
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def money_label(words: str) -> Any:
    return format_lazy("{} ({})", words, settings.CURRENCY.upper())


class CinemaTimeField(forms.DateTimeField):
    """A naive moment, to be read by the clock of a cinema that another field names."""

    widget = forms.DateTimeInput
    input_formats = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M")

    def __init__(self, **kwargs: Any) -> None:
        # The browser's own picker: it asks for no time zone and assumes none.
        attrs = {"type": "datetime-local", "class": " ".join([*DATETIME_CLASSES, "max-w-2xl"])}
        widget = forms.DateTimeInput(attrs=attrs, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        if value in EMPTY_VALUES:
            return None
        # Not DateTimeField's own, which reads it by the server's clock.
        moment: datetime | None = forms.fields.BaseTemporalField.to_python(self, str(value))
        if moment is None or not timetable.is_sensible(moment):
            raise ValidationError(
                f"Give a year from {timetable.FIRST_YEAR} to {timetable.LAST_YEAR}.",
                code="absurd_date",
            )
        return moment

    @staticmethod
    def entry(moment: datetime, cinema: Cinema) -> datetime:
        """What is to stand in the field for that moment."""
        return moment.astimezone(cinema.zone).replace(tzinfo=None, second=0, microsecond=0)


def instant(entry: datetime, cinema: Cinema) -> datetime:
    """The instant of an entry by the cinema's clock. Raises `ValidationError`."""
    try:
        return timetable.instant(entry, cinema.zone)
    except timetable.NotOneInstant as error:
        raise ValidationError(
            f"The clocks of {cinema} are changed then: this time comes twice, or never. "
            "Choose another.",
            code="not_one_instant",
        ) from error
