"""Promotions for staff: codes are secrets, so nobody else reads them."""

import copy
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from reservation import promoting
from reservation.api.docs import documented
from reservation.api.permissions import StaffOnly
from reservation.api.staff import RelatedIdField, one_change
from reservation.models import Cinema, Movie, Promotion, ShowTime, TicketType
from reservation.models.pricing import validate_weekdays
from reservation.programme import ChangedMeanwhile
from reservation.rules import promotions, timetable

SCOPES = ("movies", "cinemas", "shows", "ticket_types")
WRITTEN = {
    "code": "SUMMER-26",
    "name": "Summer at the cinema",
    "is_active": True,
    "amount": None,
    "percentage": 20,
    "movies": [3],
    "cinemas": [],
    "shows": [],
    "ticket_types": [],
    "valid_from": "2026-06-01T00:00:00Z",
    "valid_until": "2026-09-01T00:00:00Z",
    "shows_from": None,
    "shows_until": None,
    "weekdays": [0, 1, 2],
    "least_tickets": 2,
    "least_total": 0,
    "limit": 500,
    "limit_per_user": 1,
}


@extend_schema_field(str)
class PromoCodeField(serializers.CharField):
    """A code in any case; kept and shown in capitals."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return promotions.normalized(super().to_internal_value(data))
        except promotions.NotACode as error:
            raise serializers.ValidationError(str(error), code="not_a_code") from error


@extend_schema_field(
    serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=6))
)
class WeekdaysField(serializers.JSONField):
    """Days, 0 for Monday to 6 for Sunday."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_weekdays], **kwargs)


class SensibleInstantField(serializers.DateTimeField):
    """An instant of this age: UTC where it names no offset."""

    def enforce_timezone(self, value: Any) -> Any:
        if not timetable.is_sensible(value):
            raise serializers.ValidationError(
                f"Give a year from {timetable.FIRST_YEAR} to {timetable.LAST_YEAR}.",
                code="absurd_date",
            )
        return super().enforce_timezone(value)


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    """A code, what it takes off, for what and when, and how often it may be used."""

    code = PromoCodeField(
        validators=[UniqueValidator(Promotion.objects.all(), "There is such a code already.")],
        help_text="In any case: summer is SUMMER. It stays once it was used.",
    )
    movies = RelatedIdField(queryset=Movie.objects.all(), many=True, required=False)
    cinemas = RelatedIdField(queryset=Cinema.objects.all(), many=True, required=False)
    shows = RelatedIdField(queryset=ShowTime.objects.all(), many=True, required=False)
    ticket_types = RelatedIdField(queryset=TicketType.objects.all(), many=True, required=False)
    valid_from = SensibleInstantField(required=False, allow_null=True)
    valid_until = SensibleInstantField(required=False, allow_null=True)
    weekdays = WeekdaysField(required=False)
    sold = serializers.IntegerField(read_only=True, help_text="Paid reservations that use it.")
    held = serializers.IntegerField(read_only=True, help_text="Living holds that use it.")

    class Meta:
        model = Promotion
        fields = ("id", *WRITTEN, "sold", "held")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What the table demands of several fields together."""
        draft = copy.copy(self.instance) or Promotion()
        for name in attrs.keys() - set(SCOPES):
            setattr(draft, name, attrs[name])
        try:
            draft.validate_constraints(exclude={"code"})
        except ValidationError as error:
            raise serializers.ValidationError(error.messages, code="contradictory") from error
        return attrs


@documented(
    tag="Promotions",
    one="a promotion",
    many="promotions",
    shown={"id": 1} | WRITTEN | {"sold": 123, "held": 4},
    written=WRITTEN,
    changed={"is_active": False},
    list_note="For staff with the rights for it. `search` looks into codes and names.",
    write_note=(
        "Give an amount or a percentage. Empty lists mean all. A change counts for whoever uses "
        "the code from then on, and changes no reservation."
    ),
    delete_note="One that customers used answers 409 `promotion_was_used`: switch it off instead.",
)
@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class PromotionViewSet(viewsets.ModelViewSet[Promotion]):
    queryset = Promotion.objects.prefetch_related(*SCOPES)
    serializer_class = PromotionSerializer
    write_serializer_class = None
    permission_classes = (StaffOnly,)
    lookup_value_regex = "[0-9]{1,19}"
    search_fields = ("code", "name")
    ordering_fields = ("code",)
    refusals: ClassVar = {
        "update": (promoting.CodeWasUsed, ChangedMeanwhile),
        "partial_update": (promoting.CodeWasUsed, ChangedMeanwhile),
        "create": (ChangedMeanwhile,),
        "destroy": (promoting.PromotionWasUsed, ChangedMeanwhile),
    }

    def get_queryset(self) -> QuerySet[Promotion]:
        return promoting.with_uses(super().get_queryset(), timezone.now())

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().create(request, *args, **kwargs)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with one_change():
            return super().destroy(request, *args, **kwargs)

    def perform_create(self, serializer: serializers.BaseSerializer[Promotion]) -> None:
        made = serializer.save()
        serializer.instance = self.get_queryset().get(pk=made.pk)

    def perform_update(self, serializer: serializers.BaseSerializer[Promotion]) -> None:
        promotion, sent = self.get_object(), dict(serializer.validated_data)
        scopes = {name: sent.pop(name) for name in SCOPES if name in sent}
        for name, value in sent.items():
            setattr(promotion, name, value)
        promoting.change(promotion, sent)
        for name, rows in scopes.items():
            getattr(promotion, name).set(rows)
        serializer.instance = self.get_queryset().get(pk=promotion.pk)

    def perform_destroy(self, instance: Promotion) -> None:
        promoting.remove(promotion_id=instance.pk)
