"""What Stripe posted."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class WebhookEvent(models.Model):
    """One event that Stripe posted. A trigger to look, never evidence."""

    stripe_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    received_at = models.DateTimeField(default=timezone.now)
    processed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)
    # The payment of ours that it gave reason to look at.
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, null=True, related_name="events"
    )

    class Meta:
        verbose_name = "Stripe event"
        ordering: ClassVar = ["-received_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["received_at", "id"], name="event_by_age"),
            models.Index(fields=["type", "received_at", "id"], name="event_by_type"),
            models.Index(
                fields=["received_at", "id"],
                condition=models.Q(processed_at=None),
                name="event_unprocessed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
