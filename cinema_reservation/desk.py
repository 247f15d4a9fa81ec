"""What all pages of the staff's desk share."""

import contextlib
from collections.abc import Collection, Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage, Paginator
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

# Each word is another condition in SQL, and databases take only so many and so long ones.
LONGEST_SEARCH = 200
# They take a pattern from whoever writes the address: slow, or an error of the database.
PATTERN_LOOKUPS = frozenset({"regex", "iregex"})
# Nobody leafs through more pages than these make.
MOST_LISTED = 5000


class DeskPaginator(Paginator):
    """Counts as far as anybody leafs: a count of all rows would read them all, on every page."""

    template_name = "admin/pages.html"

    @cached_property
    def _counted(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by().values("pk")[: MOST_LISTED + 1].count()

    @property
    def count(self) -> int:
        return min(self._counted, MOST_LISTED)

    @property
    def has_left_out(self) -> bool:
        """Whether there are rows that no page shows."""
        return self._counted > MOST_LISTED


class DeskChangeList(ChangeList):
    """A list whose address may hold any junk: Django then shows the list without it."""

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: Any = None
    ) -> QuerySet[Model]:
        with _passing_junk_on():
            return super().get_queryset(request, exclude_parameters)

    def get_ordering_field(self, field_name: str) -> Any:
        # Django hides the arrow of what is not sortable, and sorts by it all the same.
        return super().get_ordering_field(field_name) if field_name in self.sortable_by else None

    def get_results(self, request: HttpRequest) -> None:
        with _passing_junk_on():
            super().get_results(request)


@contextlib.contextmanager
def _passing_junk_on() -> Iterator[None]:
    """Dates past the calendar's end, NUL in a value: Django looks for some of it only."""
    try:
        yield
    except (ValueError, OverflowError, DataError) as error:
        raise IncorrectLookupParameters from error


class DeskAdmin(ModelAdmin):
    """Lists that stay quick when they are long, and bear any address."""

    # Counting all rows beside those that are shown doubles the work.
    show_full_result_count = False
    paginator = DeskPaginator
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 200
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeskChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if PATTERN_LOOKUPS & set(lookup.split("__")):
            return False
        return super().lookup_allowed(lookup, value, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term[:LONGEST_SEARCH].replace("\x00", "").strip()
        found = self.found(words) if words else None
        if found is not None:
            return queryset.filter(pk__in=found), False
        return super().get_search_results(request, queryset, words)

    def found(self, words: str) -> Collection[Any] | QuerySet[Any] | None:
        """Keys of the rows that are looked for, where `search_fields` would read all rows."""
        return None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (OverflowError, DataError) as error:
            # An id that no database can hold: no page of ours offers it.
            raise BadRequest from error


class ReadOnlyAdmin(DeskAdmin):
    """Rows that tell what happened. Nobody writes or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def search(request: HttpRequest) -> HttpResponse:
    """The desk's search over its pages. A page of results that is none is a 404."""
    try:
        return admin.site.search(request)  # type: ignore[attr-defined]  # unfold's site has it
    except (ValueError, InvalidPage) as error:
        raise Http404 from error
