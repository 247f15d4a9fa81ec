"""What Stripe posted, at the desk."""

from django.contrib import admin

from cinema_reservation.desk import ReadOnlyAdmin
from payments.admin.ledger import universal
from payments.models import WebhookEvent


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = fields = ("type", "stripe_id", "received", "processed", "outcome")
    list_filter = ("type", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("=stripe_id", "type")
    search_help_text = "Look for an id of Stripe's or a type"

    @admin.display(description="Received (UTC)", ordering="received_at")
    def received(self, event: WebhookEvent) -> str:
        return universal(event.received_at)

    @admin.display(description="Processed (UTC)", ordering="processed_at")
    def processed(self, event: WebhookEvent) -> str:
        return universal(event.processed_at)
