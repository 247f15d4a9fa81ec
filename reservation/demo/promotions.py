"""Promo codes to try: one for everybody once, and one that makes a child's ticket free."""

from typing import Any, NamedTuple

from django.db import transaction

from reservation.models import Promotion, TicketType


class DemoCode(NamedTuple):
    code: str
    name: str
    terms: dict[str, Any]
    # Of the ticket types that it is for; none means all.
    ticket_types: tuple[str, ...] = ()


CODES = [
    DemoCode("WELCOME", "A tenth off your first visit", {"percentage": 10, "limit_per_user": 1}),
    DemoCode(
        "FAMILY",
        "Children come along for nothing",
        {"percentage": 100, "limit": 500},
        ticket_types=("Child",),
    ),
]


@transaction.atomic
def add_code(demo: DemoCode) -> bool:
    """Add a code with its terms; False where there is one of that name."""
    fields = {"name": demo.name} | demo.terms
    promotion, is_new = Promotion.objects.get_or_create(code=demo.code, defaults=fields)
    if is_new:
        promotion.ticket_types.set(TicketType.objects.filter(name__in=demo.ticket_types))
    return is_new
