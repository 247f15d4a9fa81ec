"""The shapes of a hall's plan: as clients draw it, and as staff send it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from reservation.models import Hall, SeatKind

HIGHEST_VERSION = 2**31 - 1


def plan_url(hall: Hall, request: HttpRequest | Request | None) -> str:
    """Where the present version of a hall's plan is, for ever."""
    path = f"{reverse('hall-plan', args=[hall.pk])}?version={hall.plan_version}"
    return request.build_absolute_uri(path) if request else path


@extend_schema_field(OpenApiTypes.URI)
class PlanUrlField(serializers.ReadOnlyField):
    """The address of a hall's plan as it is now."""

    def __init__(self, **kwargs: Any) -> None:
        told = "The plan in this version. What is there never changes: keep it for ever."
        super().__init__(source="*", **({"help_text": told} | kwargs))

    def to_representation(self, value: Hall) -> str:
        return plan_url(value, self.context.get("request"))


class VersionQuery(serializers.Serializer[Any]):
    """Which version; the present one where nobody says."""

    version = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=HIGHEST_VERSION,
        help_text="Of the plan, as `plan_url` names it. Without it: as the hall is now.",
    )


class BasedOnQuery(serializers.Serializer[Any]):
    """Which version a plan was made of."""

    based_on = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=HIGHEST_VERSION,
        help_text="The `version` of the plan that this one was made of. Without it, whatever "
        "there is by now is replaced.",
    )


class PlanCategorySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    colour = serializers.CharField()


class PlanKindSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=SeatKind.choices)
    name = serializers.CharField()


class PlanSeatSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    label = serializers.CharField(help_text="As printed on the ticket.")  # type: ignore[assignment]
    x = serializers.IntegerField(help_text="In seat widths from the left.")
    y = serializers.IntegerField(help_text="In rows from the screen.")
    category = serializers.IntegerField(help_text="Id of one of `categories`.")
    kind = serializers.ChoiceField(choices=SeatKind.choices)


class PlanRowSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    y = serializers.IntegerField(
        help_text="Two rows may share a line, as a box beside the stalls."
    )
    seats = PlanSeatSerializer(many=True)


class HallPlanSerializer(serializers.Serializer[Any]):
    """All that it takes to draw a hall; the screen is above line 0."""

    hall = serializers.IntegerField()
    version = serializers.IntegerField()
    columns = serializers.IntegerField(help_text="How many seat widths the hall is wide.")
    lines = serializers.IntegerField(help_text="How many rows, gaps among them, it is deep.")
    categories = PlanCategorySerializer(many=True)
    kinds = PlanKindSerializer(many=True)
    rows = PlanRowSerializer(many=True)


class SentSeatSerializer(serializers.Serializer[Any]):
    row = serializers.CharField()
    number = serializers.IntegerField(min_value=1, max_value=999)
    x = serializers.IntegerField(min_value=0, max_value=999)
    y = serializers.IntegerField(min_value=0, max_value=999)
    category = serializers.CharField(help_text="The name of a seat category.")
    kind = serializers.ChoiceField(choices=SeatKind.choices)


class SentPlanSerializer(serializers.Serializer[Any]):
    """A plan as staff send it. The rules read it, and say all that is wrong with it."""

    seats = SentSeatSerializer(many=True)
