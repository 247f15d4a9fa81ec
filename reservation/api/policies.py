"""Cancellation policies: steps of what comes back until how long before the show."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reservation.models.venue import validate_policy
from reservation.rules.cancellation import EARLIEST_HOURS, LEAST_HOURS, MOST_STEPS

HOW = (
    f"At most {MOST_STEPS} steps, in any order; whoever cancels earlier gets back more. Hours are "
    f"0 or at least {LEAST_HOURS}, with at most two decimals. An empty list: never anything back. "
)


class PolicyStepSerializer(serializers.Serializer[Any]):
    """Until so long before the show, this share of the total comes back."""

    hours_before = serializers.FloatField(min_value=0, max_value=EARLIEST_HOURS)
    refund_percent = serializers.IntegerField(min_value=1, max_value=100)


@extend_schema_field(PolicyStepSerializer(many=True))
class PolicyField(serializers.JSONField):
    """A policy, the earliest step first: the rules say what one is, and what is wrong else."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_policy], **kwargs)

    def to_representation(self, value: Any) -> Any:
        return sorted(value, key=lambda step: step["hours_before"], reverse=True)
