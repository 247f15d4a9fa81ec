"""How reservations are found and shown at the desk."""

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.money import written
from reservation.admin import finding, prices
from reservation.admin.filters import ReservationDayFilter, ReservationStateFilter
from reservation.admin.policies import policy_written
from reservation.admin.reservation_inlines import (
    ExchangeInline,
    TicketInline,
    WaiverInline,
    moment_of,
)
from reservation.models import Channel, Reservation, ReservationState


class ReservationPage(ReadOnlyAdmin):
    """To be found and read."""

    list_display = (
        "code",
        "customer",
        "film",
        "starts_locally",
        "hall",
        "state_now",
        "seat_count",
        "total_written",
        "channel",
    )
    list_filter = (ReservationStateFilter, "showtime__hall__cinema", ReservationDayFilter)
    # Other columns have no index: sorting by them would read all reservations.
    sortable_by = ("code",)
    search_fields = ("code",)
    search_help_text = finding.HELP
    inlines: Sequence[type[TabularInline]] = (TicketInline, WaiverInline, ExchangeInline)
    fieldsets = (
        (None, {"fields": ("code", "state_now", "customer", "sold_by")}),
        ("Show", {"fields": ("film", "starts_locally", "hall")}),
        (
            "Money",
            {
                "fields": (
                    "promo_code",
                    "total_written",
                    "rules_written",
                    "policy",
                    "fee_written",
                    "waived_written",
                    "due_written",
                )
            },
        ),
        (
            "Dates, by the cinema's clock",
            {"fields": ("created", "held_until", "confirmed", "cancelled", "why_cancelled")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """Tickets of the rows that are shown: a count in the query would count for all rows."""
        reservations = super().get_queryset(request).prefetch_related("tickets")
        return reservations.select_related(
            "user", "promotion", "showtime__movie", "showtime__hall__cinema"
        )

    def found(self, words: str) -> list[int]:
        return finding.reservations(words)

    @admin.display(description="Customer")
    def customer(self, reservation: Reservation) -> str:
        return reservation.user.email if reservation.user else "Box office"

    @admin.display(description="Channel")
    def sold_by(self, reservation: Reservation) -> str:
        """Of an exchange, whose: its own code was never told to anybody."""
        if reservation.channel != Channel.EXCHANGE:
            return str(reservation.get_channel_display())
        other = reservation.exchange.reservation
        page = reverse("admin:reservation_reservation_change", args=[other.pk])
        return format_html('Exchange of <a href="{}">{}</a>', page, other.code)

    @admin.display(description="Film")
    def film(self, reservation: Reservation) -> str:
        return reservation.showtime.movie.title

    @admin.display(description="Starts (local time)")
    def starts_locally(self, reservation: Reservation) -> str:
        return moment_of(reservation, reservation.showtime.starts_at)

    @admin.display(description="Hall")
    def hall(self, reservation: Reservation) -> str:
        return str(reservation.showtime.hall)

    @admin.display(description="State")
    def state_now(self, reservation: Reservation) -> str:
        return str(ReservationState(reservation.state_at(timezone.now())).label)

    @admin.display(description="Seats")
    def seat_count(self, reservation: Reservation) -> int:
        return len(reservation.tickets.all())

    @admin.display(description="Promo code")
    def promo_code(self, reservation: Reservation) -> str:
        if reservation.promotion is None:
            return "-"
        off = sum(ticket.discount for ticket in reservation.tickets.all())
        return f"{reservation.promotion} ({written(off, reservation.currency)} less)"

    @admin.display(description="Total")
    def total_written(self, reservation: Reservation) -> str:
        return written(reservation.total, reservation.currency)

    @admin.display(description="Price rules of the show at the sale")
    def rules_written(self, reservation: Reservation) -> str:
        return prices.rules_written(reservation.price_rules, reservation.currency) or "None"

    @admin.display(description="Owed to the house")
    def due_written(self, reservation: Reservation) -> str:
        return written(reservation.amount_due, reservation.currency)

    @admin.display(description="Cancellation fee")
    def fee_written(self, reservation: Reservation) -> str:
        return written(reservation.cancellation_fee, reservation.currency)

    @admin.display(description="Promised for cancelling")
    def policy(self, reservation: Reservation) -> str:
        return policy_written(reservation.cancellation_policy)

    @admin.display(description="Given back beyond the promise")
    def waived_written(self, reservation: Reservation) -> str:
        return written(reservation.waived, reservation.currency)

    @admin.display(description="Reserved")
    def created(self, reservation: Reservation) -> str:
        return moment_of(reservation, reservation.created_at)

    @admin.display(description="Held until, unless paid")
    def held_until(self, reservation: Reservation) -> str:
        return moment_of(reservation, reservation.expires_at)

    @admin.display(description="Confirmed")
    def confirmed(self, reservation: Reservation) -> str:
        return moment_of(reservation, reservation.confirmed_at)

    @admin.display(description="Cancelled")
    def cancelled(self, reservation: Reservation) -> str:
        return moment_of(reservation, reservation.cancelled_at)

    @admin.display(description="Why the house cancelled")
    def why_cancelled(self, reservation: Reservation) -> str:
        return reservation.cancellation_reason or "-"
