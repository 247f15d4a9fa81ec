"""What about money a person has to look at, at the desk."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action as detail_action

from payments.admin.ledger import PaymentMovementAdmin, linked, universal
from payments.alerts import ADVICE
from payments.models import Alert, AlertKind, RefundState
from reservation.admin import confirmation
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
    list_display = ("reservation", "customer", "kind", "what", "created", "closed")
    list_filter = (StandingFilter, "kind")
    actions = ("dealt_with",)
    actions_detail = ("dealt_with_this",)
    fields = (
        "reservation_page",
        "customer",
        "payment_page",
        "failed_refunds",
        "kind",
        "what",
        "advice",
        "created",
        "closed",
        "closed_by",
    )

    @admin.display(description="What happened")
    def what(self, alert: Alert) -> str:
        return alert.sentence

    @admin.display(description="Reservation")
    def reservation_page(self, alert: Alert) -> SafeString:
        reservation = alert.payment.reservation
        return linked("reservation_reservation", reservation, reservation)

    @admin.display(description="Payment")
    def payment_page(self, alert: Alert) -> SafeString:
        return linked("payments_payment", alert.payment, alert.payment)

    @admin.display(description="Refunds that failed")
    def failed_refunds(self, alert: Alert) -> str:
        failed = alert.payment.refunds.filter(state=RefundState.FAILED)
        pages = ((linked("payments_refund", refund, refund),) for refund in failed)
        return format_html_join(", ", "{}", pages) or "-"

    @admin.display(description="What to do")
    def advice(self, alert: Alert) -> str:
        return ADVICE[AlertKind(alert.kind)]

    @admin.display(description="Dealt with (UTC)", ordering="closed_at")
    def closed(self, alert: Alert) -> str:
        return universal(alert.closed_at)

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("payments.change_alert")

    @detail_action(description="Dealt with", permissions=["close"])
    def dealt_with_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self.get_object(request, object_id)
        if alert is None:
            return HttpResponseRedirect(reverse("admin:payments_alert_changelist"))
        return confirmation.ask(
            self,
            request,
            action="dealt_with",
            question="Has this been dealt with?",
            consequences=["It leaves the list. Should it happen again, you are told again."],
            headings=["Reservation", "Customer", "Kind", "What happened"],
            rows=[
                [
                    self.reservation(alert),
                    self.customer(alert),
                    alert.get_kind_display(),
                    alert.sentence,
                ]
            ],
            selected=[alert.pk],
            button="Yes, it has",
        )

    @admin.action(description="Dealt with", permissions=["close"])
    def dealt_with(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        at = timezone.now()
        count = queryset.filter(closed_at=None).update(closed_at=at, closed_by=request.user)
        self.message_user(request, f"Closed: {counted(count, 'alert')}.", messages.SUCCESS)
