"""The page on which staff keep seats of a show from sale."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from cinema_reservation.errors import DomainError
from reservation import house_seats
from reservation.admin import confirmation
from reservation.admin.confirmation import counted
from reservation.admin.fields import CinemaTimeField, clock, instant
from reservation.models import BlockKind, SeatBlock, ShowTime
from reservation.models.blocking import BLOCK_REASON_LENGTH
from reservation.rules import labels

LONGEST_TEXT = 2000


class BlockingForm(forms.Form):
    """Which seats, what for, why, and until when by the cinema's clock."""

    seats = forms.CharField(
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=f"By their labels, {labels.LIKE_THIS}.",
    )
    kind = forms.ChoiceField(choices=BlockKind.choices, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        max_length=BLOCK_REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept for the house, with your name. Customers see seats that are taken.",
    )
    release_at = CinemaTimeField(
        label="Release at (cinema's local time)",
        required=False,
        help_text="From then on they are sold. Empty: never, unless somebody lifts the block.",
    )

    def __init__(self, entry: Any, *, show: ShowTime) -> None:
        super().__init__(entry)
        self._show = show

    def clean_seats(self) -> list[int]:
        seats = self._show.hall.seats.filter(retired_at=None).order_by()
        try:
            return labels.find_seats(
                self.cleaned_data["seats"], seats.values_list("pk", "row", "number")
            )
        except labels.NotSeats as error:
            raise ValidationError(str(error)) from error

    def clean_release_at(self) -> Any:
        entry = self.cleaned_data["release_at"]
        return instant(entry, self._show.hall.cinema) if entry else None


def page(admin: ModelAdmin, request: HttpRequest, show: ShowTime) -> HttpResponse:
    """Ask which and why; then block them, note who did, and go to the house seats."""
    form = BlockingForm(request.POST or None, show=show)
    if form.is_valid():
        try:
            blocks = _block(admin, request, show, form.cleaned_data)
        except DomainError as refusal:
            field = refusal.attr if refusal.attr in form.fields else None
            form.add_error(field, str(refusal))
        else:
            sentence = f"Blocked: {counted(len(blocks), 'seat')}."
            admin.message_user(request, sentence, messages.SUCCESS)
            return HttpResponseRedirect(_list_of(show))
    return _ask(admin, request, show, form)


@transaction.atomic
def _block(
    admin: ModelAdmin, request: HttpRequest, show: ShowTime, entry: dict[str, Any]
) -> list[SeatBlock]:
    blocks = house_seats.block(
        show_id=show.pk,
        seat_ids=entry["seats"],
        kind=BlockKind(entry["kind"]),
        reason=entry["reason"],
        release_at=entry["release_at"],
        staff_id=cast("int", request.user.pk),
        at=timezone.now(),
    )
    seats = ", ".join(block.seat.label for block in blocks)
    admin.log_change(request, show, f"Blocked {seats}: {entry['reason']}")
    return blocks


def _ask(
    admin: ModelAdmin, request: HttpRequest, show: ShowTime, form: BlockingForm
) -> HttpResponse:
    standing = SeatBlock.objects.in_force(timezone.now()).filter(showtime=show)
    blocked = [block.seat.label for block in standing.select_related("seat").order_by("pk")]
    return confirmation.show(
        admin,
        request,
        question="Keep seats of this show from sale?",
        consequences=[
            "Nobody can reserve them until they are released, over the API or anywhere else.",
            "Seats that are sold or held already are not blocked; the page says whose they are.",
        ],
        table={
            "rows": [
                ("Show", f"{show.movie}, {show.hall}"),
                ("Starts (local time)", clock(show.starts_at, show.hall.cinema)),
                ("Blocked so far", ", ".join(blocked) or "-"),
            ]
        },
        form=form,
        form_url=request.path,
        back_url=reverse("admin:reservation_showtime_change", args=[show.pk]),
        button="Block them",
    )


def _list_of(show: ShowTime) -> str:
    return f"{reverse('admin:reservation_seatblock_changelist')}?showtime={show.pk}"
