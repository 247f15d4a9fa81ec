"""Disputes at the desk. They are answered at Stripe's."""

from django.contrib import admin

from payments.admin.ledger import PaymentMovementAdmin, universal
from payments.models import Dispute


@admin.register(Dispute)
class DisputeAdmin(PaymentMovementAdmin):
    list_display = (
        "reservation",
        "customer",
        "amount_written",
        "state",
        "reason",
        "answer_until",
        "created",
    )
    list_filter = ("state", "created_at")
    search_fields = (
        "payment__reservation__code",
        "payment__reservation__user__email",
        "=payment__payment_intent_id",
        "=stripe_id",
    )
    fields = (
        "reservation",
        "customer",
        "payment",
        "amount_written",
        "state",
        "reason",
        "answer_until",
        "created",
        "looked",
        "stripe_id",
    )

    @admin.display(description="Answer at Stripe until (UTC)", ordering="answer_by")
    def answer_until(self, dispute: Dispute) -> str:
        return universal(dispute.answer_by)
