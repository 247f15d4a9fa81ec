"""Filters that take nothing for something: whatever can't be understood is a 400."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django_filters import rest_framework as filters
from django_filters.fields import ModelChoiceField
from drf_spectacular.utils import extend_schema_field

from reservation.models.catalogue import validate_language
from reservation.rules import timetable

ABSURD = f"Give a year from {timetable.FIRST_YEAR} to {timetable.LAST_YEAR}."


def _document(parameter: filters.Filter, schema: dict[str, str]) -> None:
    """Give a filter its type in the OpenAPI file, which guesses those of Django's own only."""
    extend_schema_field(schema | {"description": parameter.extra["help_text"]})(parameter)


class InstantField(forms.Field):
    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            moment = parse_datetime(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise forms.ValidationError(
                "Give an instant with its offset, such as 2026-11-23T20:00:00Z. "
                "The + of an offset must be escaped in an address.",
                code="invalid",
            )
        if not timetable.is_sensible(moment):
            raise forms.ValidationError(ABSURD, code="absurd_date")
        return moment


class InstantFilter(filters.Filter):
    """A moment in ISO 8601, with its offset."""

    field_class = InstantField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _document(self, {"type": "string", "format": "date-time"})


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def to_python(self, value: Any) -> Any:
        day = super().to_python(value)
        if day is not None and not timetable.is_sensible(day):
            raise forms.ValidationError(ABSURD, code="absurd_date")
        return day


class DayFilter(filters.DateFilter):
    """A calendar day, such as 2026-11-23."""

    field_class = DayField


class YesNoFilter(filters.ChoiceFilter):
    """`true` or `false`; anything else would silently be neither."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], **kwargs)
        _document(self, {"type": "boolean"})


class LanguageFilter(filters.CharFilter):
    """A language tag, such as en or pt-BR, in whatever case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lookup_expr="iexact", validators=[validate_language], **kwargs)


class RowField(ModelChoiceField):
    def to_python(self, value: Any) -> Any:
        # int() would take "1_0", " 7" and digits of other scripts too.
        if value not in self.empty_values and not (value.isascii() and value.isdigit()):
            raise forms.ValidationError("Give an id: a whole number.", code="invalid")
        return super().to_python(value)


class IdFilter(filters.ModelChoiceFilter):
    """The id of a row; a 400 where there is none such."""

    field_class = RowField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _document(self, {"type": "integer"})
