"""Shapes that several serializers share."""

from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers

# The largest primary key that both databases can hold.
MAX_ID = 2**63 - 1


class IdField(serializers.IntegerField):
    """A primary key as a JSON integer: `7.9`, `true` and 2^63 are none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class StandingFields:
    """Mixed into a serializer, it makes its fields once, for all of its instances.

    REST framework copies every field whenever a serializer is made, which takes longer than to
    check what came. Only for fields that look at nothing but their own value: those that stand
    know neither the request nor what else came with it.
    """

    @cached_property
    def fields(self) -> Any:
        kind = type(self)
        if "_standing" not in vars(kind):
            kind._standing = super(StandingFields, kind()).fields  # type: ignore[attr-defined, misc]
        return kind._standing  # type: ignore[attr-defined]


class MoneySerializer(serializers.Serializer[Any]):
    """An integer of the currency's minor unit, and the currency's ISO 4217 code."""

    amount = serializers.IntegerField(help_text="In minor units: 1250 is 12.50 in usd.")
    currency = serializers.CharField()
