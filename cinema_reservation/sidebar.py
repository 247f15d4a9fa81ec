"""The staff's way around the desk: everything that they may see, in a cinema's words."""

from typing import Any, NamedTuple

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.module_loading import import_string


class Page(NamedTuple):
    title: str
    model: str
    icon: str
    what_for: str
    # The name of a function of the request that says what stands beside the title, if anything.
    badge: str = ""


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
        Page(
            "Price rules",
            "reservation.PriceRule",
            "percent",
            "What shows cost more or less at some days and times: matinees, weekends …",
        ),
        Page(
            "Promotions",
            "reservation.Promotion",
            "redeem",
            "Codes that make tickets cheaper, and how often each was used.",
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
            "House seats",
            "reservation.SeatBlock",
            "event_busy",
            "Seats kept from sale. Block some on their show's page, and lift blocks here.",
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
            "Alerts",
            "payments.Alert",
            "notification_important",
            "Failed refunds, disputes, payments that don't fit: what a person has to look at.",
            badge="payments.admin.alerts.open_count",
        ),
        Page(
            "Unsettled",
            "payments.Unsettled",
            "hourglass_top",
            "Reservations whose money is not at rest, and what each waits for.",
        ),
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
            "Disputes",
            "payments.Dispute",
            "gavel",
            "What customers' banks took back, or ask about. Answer them at Stripe.",
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
    may_see = admin.site.get_model_admin
    return [
        _item(page, request)
        for page in pages
        if may_see(apps.get_model(page.model)).has_view_or_change_permission(request)
    ]


def _item(page: Page, request: HttpRequest) -> dict[str, Any]:
    options = apps.get_model(page.model)._meta
    item = {
        "title": page.title,
        "icon": page.icon,
        "link": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
        "what_for": page.what_for,
    }
    badge = import_string(page.badge)(request) if page.badge else ""
    return item | {"badge": badge} if badge else item
