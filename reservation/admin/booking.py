"""Reservations and their tickets at the desk: to be read, and cancelled by the house."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.decorators import action as detail_action

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.money import written
from reservation import booking
from reservation.admin import confirmation
from reservation.admin.confirmation import counted
from reservation.admin.fields import clock
from reservation.admin.filters import ReservationDayFilter, ReservationStateFilter
from reservation.models import Reservation, ReservationState, Ticket


class TicketInline(TabularInline):
    model = Ticket
    fields = readonly_fields = ("seat_label", "kind", "price_written", "released", "admitted")
    extra = max_num = 0
    can_delete = False
    verbose_name_plural = "Tickets"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ticket]:
        tickets = super().get_queryset(request)
        return tickets.select_related("seat", "ticket_type", "reservation__showtime__hall__cinema")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Seat")
    def seat_label(self, ticket: Ticket) -> str:
        return ticket.seat.label

    @admin.display(description="Type")
    def kind(self, ticket: Ticket) -> str:
        return ticket.ticket_type.name

    @admin.display(description="Price")
    def price_written(self, ticket: Ticket) -> str:
        return written(ticket.price, ticket.reservation.currency)

    @admin.display(description="Seat given back")
    def released(self, ticket: Ticket) -> str:
        return _moment(ticket.reservation, ticket.released_at)

    @admin.display(description="Admitted")
    def admitted(self, ticket: Ticket) -> str:
        return _moment(ticket.reservation, ticket.admitted_at)


def _moment(reservation: Reservation, moment: datetime | None) -> str:
    return clock(moment, reservation.showtime.hall.cinema) if moment else "-"


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """To be read. What changes a reservation is a verb: here, cancelling by the house."""

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
    search_fields = ("code", "user__email", "user__username")
    search_help_text = "Look for a code, an e-mail address or a username"
    inlines: Sequence[type[TabularInline]] = (TicketInline,)
    actions = ("cancel_by_house",)
    actions_detail = ("cancel_this_one",)
    fieldsets = (
        (None, {"fields": ("code", "state_now", "customer", "channel")}),
        ("Show", {"fields": ("film", "starts_locally", "hall")}),
        ("Money", {"fields": ("total_written", "due_written", "fee_written", "policy")}),
        (
            "Dates, by the cinema's clock",
            {"fields": ("created", "held_until", "confirmed", "cancelled")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        reservations = super().get_queryset(request).annotate(seat_count=Count("tickets"))
        return reservations.select_related("user", "showtime__movie", "showtime__hall__cinema")

    @admin.display(description="Customer", ordering="user__email")
    def customer(self, reservation: Reservation) -> str:
        return reservation.user.email if reservation.user else "Box office"

    @admin.display(description="Film", ordering="showtime__movie__title")
    def film(self, reservation: Reservation) -> str:
        return reservation.showtime.movie.title

    @admin.display(description="Starts (local time)", ordering="showtime__starts_at")
    def starts_locally(self, reservation: Reservation) -> str:
        return _moment(reservation, reservation.showtime.starts_at)

    @admin.display(description="Hall")
    def hall(self, reservation: Reservation) -> str:
        return str(reservation.showtime.hall)

    @admin.display(description="State")
    def state_now(self, reservation: Reservation) -> str:
        return str(ReservationState(reservation.state_at(timezone.now())).label)

    @admin.display(description="Seats")
    def seat_count(self, reservation: Any) -> int:
        return reservation.seat_count

    @admin.display(description="Total", ordering="total")
    def total_written(self, reservation: Reservation) -> str:
        return written(reservation.total, reservation.currency)

    @admin.display(description="Owed to the house")
    def due_written(self, reservation: Reservation) -> str:
        return written(reservation.amount_due, reservation.currency)

    @admin.display(description="Cancellation fee")
    def fee_written(self, reservation: Reservation) -> str:
        return written(reservation.cancellation_fee, reservation.currency)

    @admin.display(description="Promised for cancelling")
    def policy(self, reservation: Reservation) -> str:
        steps = [
            f"{step['refund_percent']} % back until {step['hours_before']} hours before the show"
            for step in reservation.cancellation_policy
        ]
        return "; ".join([*steps, "nothing later"])

    @admin.display(description="Reserved")
    def created(self, reservation: Reservation) -> str:
        return _moment(reservation, reservation.created_at)

    @admin.display(description="Held until, unless paid")
    def held_until(self, reservation: Reservation) -> str:
        return _moment(reservation, reservation.expires_at)

    @admin.display(description="Confirmed")
    def confirmed(self, reservation: Reservation) -> str:
        return _moment(reservation, reservation.confirmed_at)

    @admin.display(description="Cancelled")
    def cancelled(self, reservation: Reservation) -> str:
        return _moment(reservation, reservation.cancelled_at)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("reservation.change_reservation")

    @detail_action(description="Cancel by the house", permissions=["cancel"])
    def cancel_this_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        reservation = self.get_object(request, object_id)
        if reservation is None:
            return HttpResponseRedirect("../..")
        return self._ask_to_cancel(request, [reservation])

    @admin.action(description="Cancel by the house", permissions=["cancel"])
    def cancel_by_house(
        self, request: HttpRequest, queryset: QuerySet[Reservation]
    ) -> HttpResponse | None:
        reservations = list(queryset)
        if not confirmation.is_confirmed(request):
            return self._ask_to_cancel(request, reservations)
        at = timezone.now()
        for reservation in reservations:
            booking.cancel_by_house(reservation_id=reservation.pk, at=at)
        self.message_user(
            request,
            f"Cancelled: {counted(len(reservations), 'reservation')}. What was paid goes back to "
            "the customers.",
            messages.SUCCESS,
        )
        return None

    def _ask_to_cancel(
        self, request: HttpRequest, reservations: list[Reservation]
    ) -> HttpResponse:
        return confirmation.ask(
            self,
            request,
            action="cancel_by_house",
            question=f"Cancel {counted(len(reservations), 'reservation')} by the house?",
            consequences=[
                "The seats are free for others at once.",
                "Everything that was paid goes back, without a fee.",
                "This can't be undone. One that is cancelled already stays as it is.",
            ],
            headings=["Code", "Customer", "Film", "Starts (local time)", "State", "Total"],
            rows=[_row(self, reservation) for reservation in reservations],
            selected=[reservation.pk for reservation in reservations],
            button="Yes, cancel",
        )


def _row(page: ReservationAdmin, reservation: Reservation) -> list[str]:
    return [
        reservation.code,
        page.customer(reservation),
        page.film(reservation),
        page.starts_locally(reservation),
        page.state_now(reservation),
        page.total_written(reservation),
    ]
