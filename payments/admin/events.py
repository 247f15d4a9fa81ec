"""What Stripe posted, at the desk."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cinema_reservation.desk import ReadOnlyAdmin
from payments.admin import finding
from payments.admin.ledger import SEARCH_HELP, linked, universal
from payments.models import WebhookEvent
from payments.webhook import USED_EVENTS


class TypeFilter(admin.SimpleListFilter):
    """Those that something is done about. Which others came, only all events would tell."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted(USED_EVENTS)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent]
    ) -> QuerySet[WebhookEvent]:
        name = self.value()
        return queryset.filter(type=name) if name else queryset


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = fields = (
        "type",
        "stripe_id",
        "received",
        "processed",
        "outcome",
        "payment_page",
    )
    list_filter = (TypeFilter, ("processed_at", admin.EmptyFieldListFilter))
    sortable_by = ("received",)
    list_select_related = ("payment__reservation",)
    search_fields = ("stripe_id",)
    search_help_text = SEARCH_HELP

    def found(self, words: str) -> list[Any]:
        return finding.movements(self.model, words)

    @admin.display(description="Received (UTC)", ordering="received_at")
    def received(self, event: WebhookEvent) -> str:
        return universal(event.received_at)

    @admin.display(description="Payment")
    def payment_page(self, event: WebhookEvent) -> str:
        return linked("payments_payment", event.payment, event.payment) if event.payment else "-"

    @admin.display(description="Processed (UTC)", ordering="processed_at")
    def processed(self, event: WebhookEvent) -> str:
        return universal(event.processed_at)
