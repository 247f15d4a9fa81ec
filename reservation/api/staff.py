"""What all resources share that everybody reads and staff look after."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.api.caching import PublicReads
from cinema_reservation.api.hot import HotReads, Version
from cinema_reservation.errors import DomainError
from reservation import edition
from reservation.api.fields import IdField
from reservation.api.permissions import StaffWrite
from reservation.models import ShowTime
from reservation.programme import ChangedMeanwhile

Row = TypeVar("Row", bound=models.Model)


class InUse(DomainError):
    code = "in_use"
    sentence = "There are {used_by} that need this, so it can't be deleted. See to them first."


@contextlib.contextmanager
def one_change() -> Iterator[None]:
    """One transaction, whose conflicts with what is there are the client's to hear of.

    Raises `InUse` where rows that are protected depend on what is deleted, and
    `ChangedMeanwhile` where a rival was faster between our look and our write.
    """
    try:
        with transaction.atomic():
            yield
    except ProtectedError as error:
        user = next(iter(error.protected_objects))
        raise InUse(used_by=str(user._meta.verbose_name_plural)) from error
    except IntegrityError as error:
        raise ChangedMeanwhile from error


class ProgrammeReads(HotReads, PublicReads):
    """Public reads of what staff look after, kept until an edition follows."""

    def asks_version(self, request: HttpRequest) -> Version:
        return edition.current

    @property
    def edition_number(self) -> int | None:
        """The edition that is answered from, where it was asked for."""
        number: int | None = self.version
        return number


class ShowReads(ProgrammeReads):
    """Public reads that tell which shows are to come, and which are sold."""

    def true_until(self, at: datetime) -> datetime:
        latest = super().true_until(at)
        return min(latest, ShowTime.objects.next_turn(at) or latest)


class StaffManaged(ProgrammeReads, viewsets.ModelViewSet[Row]):
    """List and detail for anyone; create, change and delete for staff, each one transaction.

    `write_serializer_class` reads what staff send where that has another shape than what is
    shown; its `to_representation` answers in the shape that is shown.
    """

    permission_classes = (StaffWrite,)
    lookup_value_regex = "[0-9]+"
    write_serializer_class: type[serializers.BaseSerializer[Row]] | None = None

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Row]]:
        if self.write_serializer_class and self.action in {"create", "update", "partial_update"}:
            return self.write_serializer_class
        return super().get_serializer_class()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters are for lists: a row has its address whatever a list would leave out."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().create(request, *args, **kwargs)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().destroy(request, *args, **kwargs)


class RelatedIdsField(serializers.ManyRelatedField):
    """Other rows by a JSON array of their ids."""

    # Each is looked up on its own.
    MOST = 50
    default_error_messages: ClassVar = {"too_many": f"Give at most {MOST} ids."}

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > self.MOST:
            self.fail("too_many")
        return list(super().to_internal_value(data))


class RelatedIdField(serializers.PrimaryKeyRelatedField[Any]):
    """Another row by its id, a JSON integer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"pk_field": IdField()} | kwargs))

    @classmethod
    def many_init(cls, *, queryset: QuerySet[Any], **kwargs: Any) -> RelatedIdsField:
        return RelatedIdsField(child_relation=cls(queryset=queryset), **kwargs)
