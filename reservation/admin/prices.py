"""How prices came about, in words for the desk."""

from collections.abc import Iterable

from django.conf import settings

from cinema_reservation.money import written
from reservation import sale
from reservation.admin.fields import price_written
from reservation.models import Ticket
from reservation.rules.pricing import ShowPrice
from reservation.sale import RuleNamed


def with_rules(price: ShowPrice) -> str:
    """For people: `10.00 USD (Matinee -2.50 USD)`."""
    names = rules_written(sale.rules_named(price), settings.CURRENCY)
    return f"{price_written(price.amount)} ({names})" if names else price_written(price.amount)


def rules_written(rules: Iterable[RuleNamed], currency: str) -> str:
    """For people: `Matinee -2.50 USD, Weekend +1.50 USD`."""
    return ", ".join(f"{rule['name']} {_signed(rule['change'], currency)}" for rule in rules)


def _signed(change: int, currency: str) -> str:
    return f"{'+' if change > 0 else ''}{written(change, currency)}"


def of_ticket(ticket: Ticket) -> str:
    """For people: `(10.00 USD + 4.00 USD surcharge) × 70 % - 1.00 USD promotion`."""
    if ticket.show_price is None or ticket.surcharge is None or ticket.percentage is None:
        return "Not kept"
    currency = ticket.reservation.currency
    how = written(ticket.show_price, currency)
    if ticket.surcharge:
        how = f"({how} + {written(ticket.surcharge, currency)} surcharge)"
    if ticket.percentage != 100:
        how += f" × {ticket.percentage} %"
    if ticket.discount:
        how += f" - {written(ticket.discount, currency)} promotion"
    return how
