"""What Stripe posted, at the desk."""

from django.contrib import admin

from cinema_reservation.desk import ReadOnlyAdmin
from payments.admin.ledger import MOVEMENT_SEARCH, SEARCH_HELP, linked, universal
from payments.models import WebhookEvent


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
    list_filter = ("type", ("processed_at", admin.EmptyFieldListFilter))
    list_select_related = ("payment__reservation",)
    search_fields = (*MOVEMENT_SEARCH, "stripe_id__exact", "type")
    search_help_text = f"{SEARCH_HELP}, or a type"

    @admin.display(description="Received (UTC)", ordering="received_at")
    def received(self, event: WebhookEvent) -> str:
        return universal(event.received_at)

    @admin.display(description="Payment")
    def payment_page(self, event: WebhookEvent) -> str:
        return linked("payments_payment", event.payment, event.payment) if event.payment else "-"

    @admin.display(description="Processed (UTC)", ordering="processed_at")
    def processed(self, event: WebhookEvent) -> str:
        return universal(event.processed_at)
