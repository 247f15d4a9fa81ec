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


SECTIONS: dict[str, list[Page]] = {
    "Programme": [
        Page("Shows", "reservation.ShowTime", "calendar_month"),
        Page("Films", "reservation.Movie", "movie"),
        Page("Genres", "reservation.Genre", "sell"),
        Page("Ticket types", "reservation.TicketType", "confirmation_number"),
    ],
    "House": [
        Page("Cinemas", "reservation.Cinema", "location_city"),
        Page("Halls", "reservation.Hall", "theaters"),
        Page("Seats", "reservation.Seat", "event_seat"),
        Page("Seat categories", "reservation.SeatCategory", "palette"),
    ],
    "Reservations": [
        Page("Reservations", "reservation.Reservation", "book_online"),
    ],
    "Money": [
        Page("Payments", "payments.Payment", "payments"),
        Page("Refunds", "payments.Refund", "undo"),
        Page("Stripe events", "payments.WebhookEvent", "bolt"),
    ],
    "People": [
        Page("Accounts", "users.User", "person"),
        Page("Logins", "users.Login", "key"),
        Page("Groups of staff", "auth.Group", "group"),
        Page("Mails", "post_office.Email", "mail"),
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
            items.append({"title": page.title, "icon": page.icon, "link": reverse(name)})
    return items
