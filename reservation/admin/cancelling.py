"""Cancelling by the house at the desk: why, by whom, and noted in the reservation's history."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from reservation import booking
from reservation.models import ReservationState
from reservation.models.booking import REASON_LENGTH


class ReasonForm(forms.Form):
    """Why the house cancels, if staff say."""

    def __init__(self, entry: Any = None, *, longest: int = REASON_LENGTH) -> None:
        super().__init__(entry)
        self.fields["reason"] = forms.CharField(
            required=False,
            max_length=longest,
            widget=UnfoldAdminTextInputWidget,
            help_text="Kept, and told to the customers by mail. Empty: no reason is given.",
        )


@transaction.atomic
def cancel(
    page: ModelAdmin, request: HttpRequest, *, reservation_id: int, reason: str, at: datetime
) -> bool:
    """Cancel one, and note who did. Says whether it was not cancelled before."""
    reservation = booking.lock(reservation_id)
    if reservation.state == ReservationState.CANCELLED:
        return False
    booking.cancel_by_house(reservation_id=reservation_id, at=at, reason=reason)
    reservation.refresh_from_db(fields=["cancellation_reason"])
    why = told("Cancelled by the house", reservation.cancellation_reason)
    page.log_change(request, reservation, why)
    return True


def told(what: str, reason: str) -> str:
    """What the history says: what was done, and why if anybody said."""
    return f"{what}: {reason}" if reason else f"{what}."
