from django import template

from cinema_reservation import money

register = template.Library()


@register.filter
def written(value: money.Money) -> str:
    """`{"amount": 1250, "currency": "usd"}` as people write it: `12.50 USD`."""
    return money.written(value["amount"], value["currency"])
