"""How a price came about, as the API tells it: of shows, of quotes and of what was sold."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from cinema_reservation.money import money
from reservation.api.fields import MoneySerializer
from reservation.sale import RuleNamed


class AppliedRuleSerializer(serializers.Serializer[Any]):
    """A cinema's rule for days and times, and what it did to the price of a show."""

    name = serializers.CharField()
    change = MoneySerializer(help_text="What it added; with a minus, what it took off.")


def rules_shown(rules: Iterable[RuleNamed], currency: str) -> list[dict[str, Any]]:
    """The rules behind a show's price, with money as the API shows it."""
    return [{"name": rule["name"], "change": money(rule["change"], currency)} for rule in rules]
