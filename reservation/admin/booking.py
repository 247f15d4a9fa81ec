"""What staff do with reservations: cancel by the house, and give money back."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action as detail_action

from cinema_reservation.money import written
from reservation.admin import cancelling, confirmation, giving_back
from reservation.admin.cancelling import ReasonForm
from reservation.admin.confirmation import counted
from reservation.admin.reservation_page import ReservationPage
from reservation.models import Reservation, ReservationState


@admin.register(Reservation)
class ReservationAdmin(ReservationPage):
    """To be read. What changes a reservation is a verb."""

    actions = ("cancel_by_house",)
    actions_detail = ("give_money_back", "cancel_this_one")

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("reservation.change_reservation")

    def has_waive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("reservation.change_reservation")

    @detail_action(description="Give money back", permissions=["waive"])
    def give_money_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        reservation = self.get_object(request, object_id)
        if reservation is None:
            return HttpResponseRedirect("../..")
        return giving_back.page(self, request, reservation)

    @detail_action(description="Cancel by the house", permissions=["cancel"])
    def cancel_this_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        reservation = self.get_object(request, object_id)
        if reservation is None:
            return HttpResponseRedirect("../..")
        return self._ask_to_cancel(request, [reservation], ReasonForm())

    @admin.action(description="Cancel by the house", permissions=["cancel"])
    def cancel_by_house(
        self, request: HttpRequest, queryset: QuerySet[Reservation]
    ) -> HttpResponse | None:
        reservations = list(queryset)
        form = ReasonForm(request.POST if confirmation.is_confirmed(request) else None)
        if not form.is_valid():
            return self._ask_to_cancel(request, reservations, form)
        at, reason = timezone.now(), form.cleaned_data["reason"]
        ended = sum(
            cancelling.cancel(self, request, reservation_id=reservation.pk, reason=reason, at=at)
            for reservation in reservations
        )
        self.message_user(
            request,
            f"Cancelled: {counted(ended, 'reservation')}. What was paid goes back to the "
            "customers.",
            messages.SUCCESS,
        )
        return None

    def _ask_to_cancel(
        self, request: HttpRequest, reservations: list[Reservation], form: ReasonForm
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
            headings=["Code", "Goes back", "State", "Customer", "Film", "Starts (local time)"],
            rows=[_row(self, reservation) for reservation in reservations],
            selected=[reservation.pk for reservation in reservations],
            form=form,
            button="Yes, cancel",
        )


def _row(page: ReservationAdmin, reservation: Reservation) -> list[str]:
    is_paid = reservation.state == ReservationState.CONFIRMED
    return [
        reservation.code,
        written(reservation.amount_due, reservation.currency) if is_paid else "-",
        page.state_now(reservation),
        page.customer(reservation),
        page.film(reservation),
        page.starts_locally(reservation),
    ]
