"""What belongs to a reservation, listed on its page."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from cinema_reservation.money import written
from reservation.admin import prices
from reservation.admin.fields import clock
from reservation.models import Exchange, ExchangeState, Reservation, Ticket, Waiver


def moment_of(reservation: Reservation, moment: datetime | None) -> str:
    """A moment by the clock of the reservation's cinema."""
    return clock(moment, reservation.showtime.hall.cinema) if moment else "-"


class ReadOnlyInline(TabularInline):
    """To be read by whoever may, written by nobody."""

    extra = max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TicketInline(ReadOnlyInline):
    model = Ticket
    fields = readonly_fields = (
        "seat_label",
        "kind",
        "price_written",
        "how",
        "released",
        "admitted",
    )
    verbose_name_plural = "Tickets"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets = super().get_queryset(request)
        return tickets.select_related("seat", "ticket_type", "reservation__showtime__hall__cinema")

    @admin.display(description="Seat")
    def seat_label(self, ticket: Ticket) -> str:
        return ticket.seat.label

    @admin.display(description="Type")
    def kind(self, ticket: Ticket) -> str:
        return ticket.ticket_type.name

    @admin.display(description="Price")
    def price_written(self, ticket: Ticket) -> str:
        return written(ticket.price, ticket.reservation.currency)

    @admin.display(description="How it came about")
    def how(self, ticket: Ticket) -> str:
        return prices.of_ticket(ticket)

    @admin.display(description="Seat given back")
    def released(self, ticket: Ticket) -> str:
        return moment_of(ticket.reservation, ticket.released_at)

    @admin.display(description="Admitted")
    def admitted(self, ticket: Ticket) -> str:
        return moment_of(ticket.reservation, ticket.admitted_at)


class WaiverInline(ReadOnlyInline):
    model = Waiver
    fields = readonly_fields = ("amount_written", "reason", "giver", "given")
    verbose_name_plural = "Money given back beyond the promise"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waiver]:
        waivers = super().get_queryset(request)
        return waivers.select_related("given_by", "reservation__showtime__hall__cinema")

    @admin.display(description="Amount")
    def amount_written(self, waiver: Waiver) -> str:
        return written(waiver.amount, waiver.reservation.currency)

    @admin.display(description="Given by")
    def giver(self, waiver: Waiver) -> str:
        return str(waiver.given_by or "-")

    @admin.display(description="When")
    def given(self, waiver: Waiver) -> str:
        return moment_of(waiver.reservation, waiver.created_at)


class ExchangeInline(ReadOnlyInline):
    model = Exchange
    fk_name = "reservation"
    fields = readonly_fields = ("asked", "state_now", "difference_written", "other", "made")
    verbose_name_plural = "Exchanges"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "reservation__showtime__hall__cinema",
                "replacement__showtime__movie",
                "replacement__showtime__hall__cinema",
            )
            .prefetch_related("replacement__tickets__seat")
        )

    @admin.display(description="Asked for")
    def asked(self, exchange: Exchange) -> str:
        return moment_of(exchange.reservation, exchange.created_at)

    @admin.display(description="State")
    def state_now(self, exchange: Exchange) -> str:
        is_over = not exchange.is_living_at(timezone.now())
        if exchange.state == ExchangeState.WAITING and is_over:
            return "Lapsed"
        return str(exchange.get_state_display())

    @admin.display(description="Paid on top, or given back")
    def difference_written(self, exchange: Exchange) -> str:
        sign = "-" if exchange.difference < 0 else ""
        amount = written(abs(exchange.difference), exchange.replacement.currency)
        return f"{sign}{amount}"

    @admin.display(description="Given up, or wanted")
    def other(self, exchange: Exchange) -> str:
        """What it was before, where the exchange was made; else what it did not come to be."""
        show = exchange.replacement.showtime
        seats = ", ".join(ticket.seat.label for ticket in exchange.replacement.tickets.all())
        return f"{show.movie.title}, {moment_of(exchange.replacement, show.starts_at)}: {seats}"

    @admin.display(description="Made")
    def made(self, exchange: Exchange) -> str:
        return moment_of(exchange.reservation, exchange.made_at)
