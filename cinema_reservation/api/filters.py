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
