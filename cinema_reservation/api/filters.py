"""Search and order, strict about what they are asked."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rest_framework import filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView


class SearchFilter(filters.SearchFilter):
    """`?search=` words, each of which one of the view's `search_fields` must contain."""

    search_description = "Words to look for; all of them must be found."
    # Each word is another condition in SQL, and SQLite takes no more than a thousand.
    MOST_WORDS = 20

    def get_search_terms(self, request: Request) -> list[str]:
        try:
            words = list(super().get_search_terms(request))
        except ValidationError as error:
            raise ValidationError({self.search_param: error.detail}) from error
        if len(words) > self.MOST_WORDS:
            raise ValidationError({self.search_param: f"Give at most {self.MOST_WORDS} words."})
        return words

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        searches = getattr(view, "search_fields", None)
        return super().get_schema_operation_parameters(view) if searches else []


class OrderingFilter(filters.OrderingFilter):
    """`?ordering=` by the view's `ordering_fields`; an unknown name is a 400.

    The primary key always comes last, so that pages never share a row.
    """

    ordering_description = "Fields to order by, separated by commas; `-` turns one around."

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: APIView, request: Request
    ) -> list[str]:
        fields = list(fields)
        valid = super().remove_invalid_fields(queryset, fields, view, request)
        if len(valid) != len(fields):
            names = [name for name, _ in self.get_valid_fields(queryset, view)]
            raise ValidationError({self.ordering_param: f"Choose from: {', '.join(names)}."})
        return valid

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> list[str] | None:
        ordering = super().get_ordering(request, queryset, view)
        return [*ordering, "pk"] if ordering else None
