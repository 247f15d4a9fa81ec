"""Pages of a bounded size."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    # Nine digits count every page there can be; more would overflow the database's OFFSET.
    if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0:
        return int(text)
    raise ValidationError({name: "Give a whole number from 1."})


class Pages(PageNumberPagination):
    """`count`, `next`, `previous`, `results`; `?page=` and `?page_size=` up to 100.

    A number that is none is a 400, a page past the last one a 404.
    """

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        for name, page in (("next", 3), ("previous", 1)):
            described["properties"][name]["example"] = f"https://cinema.example/api/…/?page={page}"
        return described

    def get_page_size(self, request: Request) -> int:
        return min(
            _positive(request, self.page_size_query_param, self.page_size), self.max_page_size
        )

    def get_page_number(self, request: Request, paginator: object) -> int:
        return _positive(request, self.page_query_param, 1)
