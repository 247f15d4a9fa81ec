"""What the ledgers' pages share: to be read by everybody who may, written by nobody."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.money import written
from payments.admin import finding
from reservation.models import Reservation

SEARCH_HELP = "Look for a reservation's code, an e-mail address or an id of Stripe's"


def universal(moment: datetime | None) -> str:
    """A moment of the ledger. Stripe has no local time, and neither has money."""
    return f"{moment.astimezone(UTC):%a %d %b %Y %H:%M:%S}" if moment else "-"


def linked(page: str, row: Any, words: object) -> SafeString:
    """Words that lead to a row's page, such as `payments_payment`'s."""
    address = reverse(f"admin:{page}_change", args=[row.pk])
    return format_html('<a class="text-primary-600" href="{}">{}</a>', address, words)


class DaysFilter(RangeDateFilter):
    """From one day to another, both of them whole, in UTC."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (
            parse_date_str(str(self.used_parameters.get(f"{self.field_path}_{end}") or ""))
            for end in ("from", "to")
        )
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last:
            after = _midnight(last) + timedelta(days=1)
            queryset = queryset.filter(**{f"{self.field_path}__lt": after})
        return queryset


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


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
    # A range of days is typed in and sent.
    list_filter_submit = True
    # Other columns have no index: sorting by them would read the whole ledger.
    sortable_by: tuple[str, ...] = ("created",)

    @admin.display(description="Created (UTC)", ordering="created_at")
    def created(self, row: Any) -> str:
        return universal(row.created_at)

    @admin.display(description="Stripe was asked about it (UTC)", ordering="looked_at")
    def looked(self, row: Any) -> str:
        return universal(row.looked_at)


def customer_of(reservation: Reservation) -> str:
    return reservation.user.email if reservation.user else "Box office"


class PaymentMovementAdmin(LedgerAdmin):
    """Something that happened to a payment: found by that payment, or by an id of its own."""

    search_fields: tuple[str, ...] = ("payment__reservation__code",)
    search_help_text = SEARCH_HELP
    list_select_related = ("payment__reservation__user",)

    def found(self, words: str) -> list[Any]:
        return finding.movements(self.model, words)

    @admin.display(description="Reservation")
    def reservation(self, row: Any) -> Reservation:
        return row.payment.reservation

    @admin.display(description="Customer")
    def customer(self, row: Any) -> str:
        return customer_of(row.payment.reservation)

    @admin.display(description="Amount")
    def amount_written(self, row: Any) -> str:
        return written(row.amount, row.payment.currency)
