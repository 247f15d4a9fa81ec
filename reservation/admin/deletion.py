"""What a deletion takes along and what stands in its way, in numbers.

Django names every single row, with a query or more for each: a film of ten years' shows
would be a page without end.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import CASCADE, PROTECT, Model
from django.db.models.fields.reverse_related import ManyToOneRel
from django.http import HttpRequest

from cinema_reservation.desk import DeskAdmin


class CountedDeletionAdmin(DeskAdmin):
    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Names, numbers of what goes, what this person may not delete, what is in the way."""
        objs = list(objs)
        goes = Counter({str(self.opts.verbose_name_plural): len(objs)})
        lacking, in_the_way = set(), []
        if not all(self.has_delete_permission(request, obj) for obj in objs):
            lacking.add(str(self.opts.verbose_name))
        for relation in _dependants(self.model):
            model = relation.related_model
            count = model._default_manager.filter(**{f"{relation.field.name}__in": objs}).count()
            plural = str(model._meta.verbose_name_plural)
            if count and relation.on_delete is PROTECT:
                in_the_way.append(f"{count} {plural}")
            elif count:
                goes[plural] += count
                if not _may_go(model, request, self.admin_site):
                    lacking.add(str(model._meta.verbose_name))
        return [str(obj) for obj in objs], dict(goes), lacking, in_the_way


def _dependants(model: type[Model]) -> list[ManyToOneRel]:
    return [
        relation
        for relation in model._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel)
        and relation.on_delete in (CASCADE, PROTECT)
        and not relation.related_model._meta.auto_created
    ]


def _may_go(model: type[Model], request: HttpRequest, site: AdminSite) -> bool:
    """Rows that have no page of their own go with what they belong to."""
    if not site.is_registered(model):
        return True
    return site.get_model_admin(model).has_delete_permission(request)
