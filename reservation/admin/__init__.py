"""The staff's desk, by concept. Its pages and actions call the same verbs as the API."""

from django.contrib import admin

from reservation.admin import (
    booking,
    catalogue,
    house_seats,
    price_rules,
    programme,
    promotions,
    seats,
    ticket_types,
    venue,
)

admin.site.index_title = "The staff's desk"

__all__ = [
    "booking",
    "catalogue",
    "house_seats",
    "price_rules",
    "programme",
    "promotions",
    "seats",
    "ticket_types",
    "venue",
]
