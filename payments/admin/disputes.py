"""Disputes at the desk. They are answered at Stripe's."""

from django.contrib import admin

from payments.admin.ledger import DaysFilter, PaymentMovementAdmin, universal
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
    list_filter = ("state", ("created_at", DaysFilter))
    # Few are disputed.
    sortable_by = ("amount_written", "answer_until", "created")
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
