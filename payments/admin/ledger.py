"""What the ledgers' pages share: to be read by everybody who may, written by nobody."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.money import written
from reservation.models import Reservation

SEARCH_HELP = "Look for a reservation's code, an e-mail address or an id of Stripe's"
# Stripe's ids are compared letter by letter, as their indexes have them; `=` would not be.
MOVEMENT_SEARCH = (
    "payment__reservation__code",
    "payment__reservation__user__email",
    "payment__payment_intent_id__exact",
    "payment__session_id__exact",
)


def universal(moment: datetime | None) -> str:
    """A moment of the ledger. Stripe has no local time, and neither has money."""
    return f"{moment.astimezone(UTC):%a %d %b %Y %H:%M:%S}" if moment else "-"


def linked(page: str, row: Any, words: object) -> SafeString:
    """Words that lead to a row's page, such as `payments_payment`'s."""
    address = reverse(f"admin:{page}_change", args=[row.pk])
    return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)


class LedgerInline(TabularInline):
    """Rows of a ledger on the page of what they are about."""

    extra = max_num = 0
    can_delete = False
    show_change_link = True

    @admin.display(description="Created (UTC)")
    def created(self, row: Any) -> str:
        return universal(row.created_at)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LedgerAdmin(ReadOnlyAdmin):
    @admin.display(description="Created (UTC)", ordering="created_at")
    def created(self, row: Any) -> str:
        return universal(row.created_at)

    @admin.display(description="Stripe was asked about it (UTC)", ordering="looked_at")
    def looked(self, row: Any) -> str:
        return universal(row.looked_at)


def customer_of(reservation: Reservation) -> str:
    return reservation.user.email if reservation.user else "Box office"


class PaymentMovementAdmin(LedgerAdmin):
    """Something that happened to a payment: found by the payment's reservation."""

    search_fields: tuple[str, ...] = MOVEMENT_SEARCH
    search_help_text = SEARCH_HELP
    list_select_related = ("payment__reservation__user",)

    @admin.display(description="Reservation", ordering="payment__reservation__code")
    def reservation(self, row: Any) -> Reservation:
        return row.payment.reservation

    @admin.display(description="Customer", ordering="payment__reservation__user__email")
    def customer(self, row: Any) -> str:
        return customer_of(row.payment.reservation)

    @admin.display(description="Amount", ordering="amount")
    def amount_written(self, row: Any) -> str:
        return written(row.amount, row.payment.currency)
