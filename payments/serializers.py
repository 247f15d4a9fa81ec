"""The shapes of checkouts and payment statuses."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments import examples
from payments.status import PaymentStatus
from reservation.api.fields import MoneySerializer
from reservation.models import ReservationState


class CheckoutSerializer(serializers.Serializer[Any]):
    """Where to send the customer to pay."""

    checkout_url = serializers.URLField(
        allow_null=True, help_text="Null where there is nothing to pay: the seats are yours."
    )
    session_id = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When the payment page closes."
    )


class PaymentStatusSerializer(serializers.Serializer[Any]):
    """How the money of one reservation stands."""

    reservation = serializers.IntegerField()
    code = serializers.CharField()
    reservation_state = serializers.ChoiceField(choices=ReservationState.choices)
    status = serializers.ChoiceField(choices=[status.value for status in PaymentStatus])
    total = MoneySerializer()
    paid = MoneySerializer()
    refunded = MoneySerializer(help_text="What has gone back.")
    refunding = MoneySerializer(help_text="What is on its way back.")
    checkout_url = serializers.CharField(
        help_text="The open payment page, or empty where there is none."
    )


@extend_schema_serializer(examples=[examples.RETURN])
class PaymentReturnSerializer(serializers.Serializer[Any]):
    """What a person who comes back from the payment page is told."""

    code = serializers.CharField()
    reservation_state = serializers.ChoiceField(choices=ReservationState.choices)
    status = serializers.ChoiceField(choices=[status.value for status in PaymentStatus])
    movie = serializers.CharField()
    cinema = serializers.CharField()
    hall = serializers.CharField()
    starts_at = serializers.DateTimeField()
    seats = serializers.ListField(child=serializers.CharField())
    total = MoneySerializer()
    held_until = serializers.DateTimeField(allow_null=True)
    checkout_url = serializers.CharField()
