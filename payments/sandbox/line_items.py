"""What is being bought: a session's line items and their total."""

import re
from typing import Any

from payments.sandbox import currencies
from payments.sandbox.errors import InvalidRequestError, missing, unsupported
from payments.sandbox.objects import StripeObject, listing, new_id
from payments.sandbox.params import Params

MOST_ITEMS = 100
CURRENCY = re.compile(r"[a-z]{3}")


def build(params: Params, *, session_id: str, now: int) -> StripeObject:
    """The list of line items for a session's parameters.

    Raises `InvalidRequestError` if there are none, if their currencies differ or if their
    total is outside of what Stripe charges.
    """
    asked = params.get("line_items") or []
    if not asked:
        raise missing("line_items")
    if len(asked) > MOST_ITEMS:
        raise InvalidRequestError(f"At most {MOST_ITEMS} line items.", param="line_items")
    items = [_item(item, f"line_items[{n}]", now) for n, item in enumerate(asked)]
    _check_one_currency(items)
    check_total(total(items), items[0]["currency"])
    return listing(f"/v1/checkout/sessions/{session_id}/line_items", items, has_more=False)


def total(items: list[StripeObject]) -> int:
    """What the items cost together, in minor units."""
    return sum(item["amount_total"] for item in items)


def _item(asked: Params, name: str, now: int) -> StripeObject:
    price = _price(asked.get("price_data"), name, now)
    if "quantity" not in asked:
        raise missing(f"{name}[quantity]")
    quantity = _at_least(1, asked["quantity"], f"{name}[quantity]")
    amount = price["unit_amount"] * quantity
    return {
        "id": new_id("li_"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": asked["price_data"]["product_data"]["name"],
        "price": price,
        "quantity": quantity,
        "_explanation": asked["price_data"]["product_data"].get("description", ""),
    }


def _price(asked: Params | None, name: str, now: int) -> StripeObject:
    if asked is None:
        raise missing(f"{name}[price_data]")
    for required in ("product_data", "unit_amount"):
        if required not in asked:
            raise missing(f"{name}[price_data][{required}]")
    amount = _at_least(0, asked["unit_amount"], f"{name}[price_data][unit_amount]")
    return {
        "id": new_id("price_"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": checked_currency(asked["currency"], f"{name}[price_data][currency]"),
        "livemode": False,
        "metadata": {},
        "product": new_id("prod_", 14),
        "recurring": None,
        "tax_behavior": asked.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _at_least(least: int, value: Any, name: str) -> int:
    if value < least:
        message = f"This value must be greater than or equal to {least}."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param=name)
    return int(value)


def checked_currency(value: str, name: str) -> str:
    """A currency's code in lower case. Raises `InvalidRequestError` for what can be none."""
    currency = value.lower()
    if not CURRENCY.fullmatch(currency):
        raise InvalidRequestError(f"Invalid currency: {value[:20]}", param=name)
    return currency


def _check_one_currency(items: list[StripeObject]) -> None:
    if len({item["currency"] for item in items}) > 1:
        raise unsupported("line_items in more than one currency")


def check_total(amount: int, currency: str) -> None:
    """Nothing at all is allowed (then no payment is required), too little is not.

    Raises `InvalidRequestError`.
    """
    if 0 < amount < currencies.MINIMUM_AMOUNTS.get(currency, 0):
        message = "The total amount is below the minimum for its currency."
        raise InvalidRequestError(message, code="amount_too_small")
    if amount > currencies.MAXIMUM_AMOUNT:
        message = "The total amount has more than eight digits."
        raise InvalidRequestError(message, code="amount_too_large")
