"""What about money a person has to look at, at the desk."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments.admin.ledger import PaymentMovementAdmin, universal
from payments.alerts import ADVICE
from payments.models import Alert, AlertKind
from reservation.admin.confirmation import counted


def open_count(request: HttpRequest) -> str:
    """How many wait, for the sidebar; nothing where none does."""
    return str(Alert.objects.open().count() or "")


class StandingFilter(admin.SimpleListFilter):
    """Open ones unless others are asked for: the list is work to be done."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("closed", "Dealt with"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": "Open"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        match self.value():
            case "closed":
                return queryset.exclude(closed_at=None)
            case "all":
                return queryset
            case _:
                return queryset.filter(closed_at=None)


@admin.register(Alert)
class AlertAdmin(PaymentMovementAdmin):
    list_display = ("reservation", "customer", "kind", "sentence", "created", "closed")
    list_filter = (StandingFilter, "kind")
    search_fields = (
        "payment__reservation__code",
        "payment__reservation__user__email",
        "=payment__payment_intent_id",
        "=payment__session_id",
    )
    actions = ("dealt_with",)
    fields = (
        "reservation_page",
        "customer",
        "payment",
        "kind",
        "sentence",
        "advice",
        "created",
        "closed",
        "closed_by",
    )

    @admin.display(description="Reservation")
    def reservation_page(self, alert: Alert) -> SafeString:
        reservation = alert.payment.reservation
        page = reverse("admin:reservation_reservation_change", args=[reservation.pk])
        return format_html('<a href="{}">{}</a>', page, reservation)

    @admin.display(description="What to do")
    def advice(self, alert: Alert) -> str:
        return ADVICE[AlertKind(alert.kind)]

    @admin.display(description="Dealt with (UTC)", ordering="closed_at")
    def closed(self, alert: Alert) -> str:
        return universal(alert.closed_at)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_alert")

    @admin.action(description="Dealt with", permissions=["close"])
    def dealt_with(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        at = timezone.now()
        count = queryset.filter(closed_at=None).update(closed_at=at, closed_by=request.user)
        self.message_user(request, f"Closed: {counted(count, 'alert')}.", messages.SUCCESS)
