"""Rules of cinemas for days and times, as staff keep them."""

import copy
import re
from datetime import time
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reservation.api.docs import documented
from reservation.api.filters import IdFilter
from reservation.api.permissions import is_staff
from reservation.api.staff import RelatedIdField, StaffManaged
from reservation.models import Cinema, PriceRule
from reservation.models.pricing import WEEKDAYS

# Rules have an order among each other; nobody has more of them than that.
FARTHEST_PRIORITY = 1000
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
MATINEE = {
    "cinema": 1,
    "name": "Matinee",
    "weekdays": [0, 1, 2, 3, 4],
    "from_time": "06:00:00",
    "to_time": "17:00:00",
    "valid_from": None,
    "valid_until": None,
    "amount": -250,
    "percentage": None,
    "priority": 0,
    "is_active": True,
}


@extend_schema_field({"type": "string", "pattern": CLOCK.pattern, "example": "17:00:00"})
class ClockField(serializers.TimeField):
    """A time of the cinema's own clock. An offset would be of another, and is none."""

    def to_internal_value(self, value: Any) -> time:
        if not (isinstance(value, str) and CLOCK.fullmatch(value)):
            self.fail("invalid", format="hh:mm or hh:mm:ss, by the clock of the cinema")
        return super().to_internal_value(value)


class PriceRuleSerializer(serializers.ModelSerializer[PriceRule]):
    """What shows of a cinema cost more or less at some days and times."""

    cinema = RelatedIdField(queryset=Cinema.objects.all())
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=len(WEEKDAYS) - 1),
        required=False,
        max_length=len(WEEKDAYS),
        help_text="Days on which its window begins, 0 for Monday to 6; none means every day.",
    )
    from_time = ClockField(required=False, help_text="For shows that start from then on.")
    to_time = ClockField(
        required=False,
        help_text="And before then. Not later than the beginning, it is of the next day.",
    )
    priority = serializers.IntegerField(
        required=False,
        min_value=-FARTHEST_PRIORITY,
        max_value=FARTHEST_PRIORITY,
        help_text="The lowest number comes first.",
    )

    class Meta:
        model = PriceRule
        fields = (
            "id",
            "cinema",
            "name",
            "weekdays",
            "from_time",
            "to_time",
            "valid_from",
            "valid_until",
            "amount",
            "percentage",
            "priority",
            "is_active",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        rule = copy.copy(self.instance) if self.instance else PriceRule()
        for name, value in attrs.items():
            setattr(rule, name, value)
        rule.clean_fields(exclude={"cinema"})
        rule.validate_constraints()
        return attrs


class PriceRuleFilter(filters.FilterSet):
    cinema = IdFilter(queryset=Cinema.objects.all(), help_text="Id of a cinema.")

    class Meta:
        model = PriceRule
        fields = ()


@documented(
    tag="Programme",
    one="a price rule",
    many="price rules",
    shown={"id": 4} | MATINEE,
    written={"cinema": 1, "name": "Matinee", "to_time": "17:00", "amount": -250},
    changed={"amount": None, "percentage": -20},
    list_note="Those that are switched off are shown to staff only.",
    write_note=(
        "A rule counts for shows that start in its window, by the clocks of its cinema. It "
        "adds an `amount` in minor units (cents) of the house's currency, or a `percentage` of "
        "the price; with a minus it takes that off. Rules apply one after another, the lowest "
        "`priority` first and then the oldest, each to what those before it left, rounded half "
        "up to the minor unit and never below nothing. A change counts for seats that are held "
        "from then on."
    ),
    delete_note="Reservations keep its name and what it did to their price.",
)
class PriceRuleViewSet(StaffManaged[PriceRule]):
    queryset = PriceRule.objects.order_by("cinema_id", "priority", "pk")
    serializer_class = PriceRuleSerializer
    filterset_class = PriceRuleFilter
    ordering_fields: ClassVar = ("name", "priority")

    def get_queryset(self) -> QuerySet[PriceRule]:
        rules = super().get_queryset()
        return rules if is_staff(self.request) else rules.filter(is_active=True)
