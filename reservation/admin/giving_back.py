"""The page on which staff give money back beyond what was promised."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from cinema_reservation.money import written
from reservation import booking, waivers
from reservation.admin import confirmation
from reservation.admin.fields import MoneyField
from reservation.models import Reservation, ReservationState, Waiver
from reservation.models.booking import REASON_LENGTH
from reservation.programme import ChangedMeanwhile

if TYPE_CHECKING:
    from reservation.admin.booking import ReservationAdmin

# More than any reservation costs; the verb says what is due of this one.
MOST = 10**9


class GivingBackForm(forms.Form):
    """How much, and why. `given_before` is what the page showed when it was opened."""

    given_before = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, entry: Any, *, reservation: Reservation) -> None:
        due = waivers.waivable(reservation)
        super().__init__(entry, initial={"amount": due, "given_before": reservation.waived})
        currency = reservation.currency
        self.fields["amount"] = MoneyField(
            currency=currency,
            least=1,
            most=MOST,
            label=f"Amount ({currency.upper()})",
            help_text="At most what is due.",
        )
        self.fields["reason"] = forms.CharField(
            max_length=REASON_LENGTH,
            widget=UnfoldAdminTextInputWidget,
            help_text="Kept for the house, with your name.",
        )


def page(
    admin: "ReservationAdmin", request: HttpRequest, reservation: Reservation
) -> HttpResponse:
    """Ask how much and why; then give it, note who did, and go back to the reservation."""
    due = waivers.waivable(reservation)
    if due == 0:
        refusal = waivers.NothingToWaive(due=written(0, reservation.currency))
        admin.message_user(request, str(refusal), messages.ERROR)
        return HttpResponseRedirect(_home(reservation))
    form = GivingBackForm(request.POST or None, reservation=reservation)
    if form.is_valid():
        try:
            waiver = _give(admin, request, reservation, form.cleaned_data)
        except waivers.NothingToWaive as refusal:
            form.add_error("amount", str(refusal))
        except ChangedMeanwhile as refusal:
            admin.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.path)
        else:
            sentence = f"{waiver} is on its way back to the customer."
            admin.message_user(request, sentence, messages.SUCCESS)
            return HttpResponseRedirect(_home(reservation))
    return _ask(admin, request, reservation, form)


@transaction.atomic
def _give(
    admin: "ReservationAdmin",
    request: HttpRequest,
    reservation: Reservation,
    entry: dict[str, Any],
) -> Waiver:
    """Once per look: a second click finds that something was given since, and gives nothing."""
    if str(booking.lock(reservation.pk).waived) != entry["given_before"]:
        raise ChangedMeanwhile
    waiver = waivers.waive(
        reservation_id=reservation.pk,
        amount=entry["amount"],
        reason=entry["reason"],
        staff_id=request.user.pk,
        at=timezone.now(),
    )
    amount = written(waiver.amount, reservation.currency)
    admin.log_change(request, reservation, f"Gave back {amount}: {waiver.reason}")
    return waiver


def _ask(
    admin: "ReservationAdmin",
    request: HttpRequest,
    reservation: Reservation,
    form: GivingBackForm,
) -> HttpResponse:
    return confirmation.show(
        admin,
        request,
        question=f"Give money back for {reservation}?",
        consequences=_consequences(reservation),
        table={"rows": _facts(admin, reservation)},
        form=form,
        form_url=request.path,
        back_url=_home(reservation),
        button="Give it back",
    )


def _consequences(reservation: Reservation) -> list[str]:
    sentences = ["It goes back the way it was paid.", "This can't be undone."]
    if reservation.state == ReservationState.CONFIRMED:
        tickets = "The tickets stay good. To take the seats back too, cancel by the house instead."
        sentences.insert(1, tickets)
    return sentences


def _facts(admin: "ReservationAdmin", reservation: Reservation) -> list[tuple[str, str]]:
    return [
        ("Code", reservation.code),
        ("Customer", admin.customer(reservation)),
        ("Show", f"{admin.film(reservation)}, {admin.starts_locally(reservation)}"),
        ("State", admin.state_now(reservation)),
        ("Total", admin.total_written(reservation)),
        ("Promised for cancelling", admin.policy(reservation)),
        ("Cancellation fee", admin.fee_written(reservation)),
        ("Given back so far", admin.waived_written(reservation)),
        ("Still due to the house", admin.due_written(reservation)),
    ]


def _home(reservation: Reservation) -> str:
    return reverse("admin:reservation_reservation_change", args=[reservation.pk])
