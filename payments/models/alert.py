"""What about money a person has to look at."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q


class AlertKind(models.TextChoices):
    REFUND_FAILED = "refund_failed", "A refund failed"
    REFUND_OVERDUE = "refund_overdue", "A refund is late"
    NOT_AS_ASKED = "not_as_asked", "A payment was not as asked"
    DISPUTED = "disputed", "A payment is disputed"
    TOO_LITTLE_KEPT = "too_little_kept", "Less was kept than is due"
    UNKNOWN_TO_STRIPE = "unknown_to_stripe", "Stripe does not know a payment"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> Self:
        """Those that nobody has dealt with, and that have not mended themselves."""
        return self.filter(closed_at=None)


class Alert(models.Model):
    """One thing about one payment. It stays open until staff, or the worker, dealt with it."""

    kind = models.CharField(max_length=20, choices=AlertKind)
    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="alerts"
    )
    sentence = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # Nobody, where it mended itself.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects: ClassVar[models.Manager["Alert"]] = AlertQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            # One mail per trouble, however often it is met.
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(closed_at=None),
                name="one_open_alert_per_trouble",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.payment.reservation}"
