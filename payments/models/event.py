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

    class Meta:
        verbose_name = "Stripe event"
        ordering: ClassVar = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"
