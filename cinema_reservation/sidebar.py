"""The staff's way around the desk: everything that they may see, in a cinema's words."""

from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


class Page(NamedTuple):
    title: str
    model: str
    icon: str
    what_for: str


SECTIONS: dict[str, list[Page]] = {
    "Programme": [
        Page(
            "Shows",
            "reservation.ShowTime",
            "calendar_month",
            "What is on, when and for how much. Cancel a show here.",
        ),
        Page(
            "Films",
            "reservation.Movie",
            "movie",
            "Titles, facts and posters of what is shown.",
        ),
        Page(
            "Genres",
            "reservation.Genre",
            "sell",
            "What films are sorted by.",
        ),
        Page(
            "Ticket types",
            "reservation.TicketType",
            "confirmation_number",
            "Who pays what share of the price: adults, children …",
        ),
    ],
    "House": [
        Page(
            "Cinemas",
            "reservation.Cinema",
            "location_city",
            "Sites, their addresses and time zones.",
        ),
        Page(
            "Halls",
            "reservation.Hall",
            "theaters",
            "Screens of a cinema.",
        ),
        Page(
            "Seats",
            "reservation.Seat",
            "event_seat",
            "Every chair of every hall. Take one out here.",
        ),
        Page(
            "Seat categories",
            "reservation.SeatCategory",
            "palette",
            "Standard, VIP … and what they cost more.",
        ),
    ],
    "Reservations": [
        Page(
            "Reservations",
            "reservation.Reservation",
            "book_online",
            "Who has which seats. Find a customer's booking, or cancel it.",
        ),
    ],
    "Money": [
        Page(
            "Payments",
            "payments.Payment",
            "payments",
            "What customers were asked for and paid.",
        ),
        Page(
            "Refunds",
            "payments.Refund",
            "undo",
            "What went back to customers, and what is on its way.",
        ),
        Page(
            "Stripe events",
            "payments.WebhookEvent",
            "bolt",
            "What Stripe told us, and what we did about it.",
        ),
    ],
    "People": [
        Page(
            "Accounts",
            "users.User",
            "person",
            "Customers and staff.",
        ),
        Page(
            "Logins",
            "users.Login",
            "key",
            "Where people are logged in. End a login here.",
        ),
        Page(
            "Groups of staff",
            "auth.Group",
            "group",
            "What members of a team may do at this desk.",
        ),
        Page(
            "Mails",
            "post_office.Email",
            "mail",
            "Whether a mail went out.",
        ),
    ],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sections of the sidebar, without what this person may not see."""
    sections = [
        {"title": title, "items": _items(pages, request)} for title, pages in SECTIONS.items()
    ]
    return [section for section in sections if section["items"]]


def _items(pages: list[Page], request: HttpRequest) -> list[dict[str, Any]]:
    items = []
    for page in pages:
        model = apps.get_model(page.model)
        if admin.site.get_model_admin(model).has_view_or_change_permission(request):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            items.append(
                {
                    "title": page.title,
                    "icon": page.icon,
                    "link": reverse(name),
                    "what_for": page.what_for,
                }
            )
    return items
