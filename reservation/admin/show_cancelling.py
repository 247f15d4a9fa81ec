"""Cancelling shows at the desk, with all of their reservations."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import action as detail_action

from reservation import programme
from reservation.admin import cancelling, confirmation
from reservation.admin.cancelling import ReasonForm
from reservation.admin.confirmation import counted
from reservation.admin.fields import clock, price_written
from reservation.admin.refusals import RefusingAdmin
from reservation.models import Reservation, ReservationState, ShowTime
from reservation.models.programme import SHOW_REASON_LENGTH


class ShowCancelling(RefusingAdmin):
    """The action on one show, and on many."""

    actions = ("cancel_shows",)
    actions_detail: tuple[str, ...] = ("cancel_this_show",)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        rights = ("reservation.change_showtime", "reservation.change_reservation")
        return request.user.has_perms(rights)

    @detail_action(description="Cancel this show", permissions=["cancel"])
    def cancel_this_show(self, request: HttpRequest, object_id: str) -> HttpResponse:
        show = self.get_object(request, object_id)
        if show is None:
            return HttpResponseRedirect(self.list_url)
        return self._ask_to_cancel(request, [show], ReasonForm(longest=SHOW_REASON_LENGTH))

    @admin.action(description="Cancel these shows", permissions=["cancel"])
    def cancel_shows(
        self, request: HttpRequest, queryset: QuerySet[ShowTime]
    ) -> HttpResponse | None:
        shows = list(queryset)
        entry = request.POST if confirmation.is_confirmed(request) else None
        form = ReasonForm(entry, longest=SHOW_REASON_LENGTH)
        if not form.is_valid():
            return self._ask_to_cancel(request, shows, form)
        at, reason = timezone.now(), form.cleaned_data["reason"]
        # Counted before: the worker may be quicker than the desk in cancelling some of them.
        alive = _alive(shows, at).count()
        for show in shows:
            self._cancel(request, show, reason=reason, at=at)
        self.message_user(
            request,
            f"Cancelled: {counted(len(shows), 'show')}, with {counted(alive, 'reservation')}. "
            "What was paid goes back to the customers.",
            messages.SUCCESS,
        )
        return None

    def _ask_to_cancel(
        self, request: HttpRequest, shows: list[ShowTime], form: ReasonForm
    ) -> HttpResponse:
        alive = _alive(shows, timezone.now())
        paid, money = _paid_for(alive)
        return confirmation.ask(
            self,
            request,
            action="cancel_shows",
            question=f"Cancel {counted(len(shows), 'show')}?",
            consequences=[
                f"Cancelled with it: {counted(alive.count(), 'reservation')}.",
                f"Paid for of these: {paid}. At most {price_written(money)} goes back, no fee.",
                "What went back already from Stripe's own dashboard comes off that.",
                "Nobody can reserve seats there any more. This can't be undone.",
            ],
            headings=["Film", "Starts (local time)", "Cinema", "Hall", "Seats taken"],
            rows=[_row(show) for show in shows],
            selected=[show.pk for show in shows],
            form=form,
            button="Yes, cancel",
        )

    def _cancel(self, request: HttpRequest, show: ShowTime, *, reason: str, at: datetime) -> None:
        """Cancel a show, then its reservations one by one, for the reason that the show keeps.

        The show comes first: no seat of it is held after that. Each reservation is a
        transaction of its own, so that a break leaves whole ones; doing it again goes on.
        """
        self._take_off(request, show, reason=reason, at=at)
        for pk in list(_alive([show], at).order_by("pk").values_list("pk", flat=True)):
            cancelling.cancel(self, request, reservation_id=pk, reason="", at=at)

    @transaction.atomic
    def _take_off(
        self, request: HttpRequest, show: ShowTime, *, reason: str, at: datetime
    ) -> None:
        was_cancelled = programme.lock(show.pk).is_cancelled
        programme.cancel(show_id=show.pk, at=at, reason=reason, staff_id=request.user.pk)
        if not was_cancelled:
            self.log_change(request, show, cancelling.told("Cancelled", reason))


def seats_taken(show: Any) -> str:
    """Of a show as the desk lists it, which counts its seats."""
    return f"{show.taken} of {show.seats}"


def _row(show: ShowTime) -> list[str]:
    return [
        show.movie.title,
        clock(show.starts_at, show.hall.cinema),
        show.hall.cinema.name,
        show.hall.name,
        seats_taken(show),
    ]


def _alive(shows: list[ShowTime], at: datetime) -> QuerySet[Reservation]:
    of_shows: QuerySet[Reservation] = Reservation.objects.filter(showtime__in=shows)
    return of_shows.living(at)  # type: ignore[attr-defined]


def _paid_for(reservations: QuerySet[Reservation]) -> tuple[int, int]:
    """How many of them are paid for, and what of that did not go back yet, in minor units."""
    confirmed = reservations.filter(state=ReservationState.CONFIRMED).order_by()
    due = Coalesce(Sum(F("total") - F("waived")), 0)
    sums = confirmed.aggregate(count=Count("pk"), due=due)
    return sums["count"], sums["due"]
