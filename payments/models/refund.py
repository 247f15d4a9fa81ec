"""What went back, and what is on its way."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cinema_reservation.money import written


class RefundState(models.TextChoices):
    PENDING = "pending", "On its way"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


class RefundReason(models.TextChoices):
    """Why money goes back, in the words that staff read."""

    CANCELLED = "Reservation cancelled"
    TOO_LATE = "Paid too late for the seats"
    PAID_TWICE = "Paid more than once"
    EXCHANGED = "Exchanged for cheaper seats"
    NOT_EXCHANGED = "Exchange not made"
    GOODWILL = "Given back by the house"
    NOT_AS_ASKED = "Not the payment that was asked for"
    BY_HAND = "Refunded in Stripe's dashboard"
    OTHER_MEANS = "Paid back by other means"


class RefundQuerySet(models.QuerySet["Refund"]):
    def claim(self, refund: "Refund", *, at: datetime) -> bool:
        """Whether it is ours to look at now: of several workers that come to it, one's."""
        same = self.filter(pk=refund.pk, looked_at=refund.looked_at)
        return same.update(looked_at=at) == 1

    def unsent(self) -> Self:
        """Refunds of which Stripe has not told us yet that it knows them."""
        return self.filter(state=RefundState.PENDING, stripe_id=None)

    def on_their_way(self) -> Self:
        return self.filter(state=RefundState.PENDING).exclude(stripe_id=None)


class Refund(models.Model):
    """Money going back from one payment."""

    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="refunds"
    )
    amount = models.PositiveIntegerField(help_text="In minor units (cents).")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=RefundState, default=RefundState.PENDING)
    stripe_id = models.CharField(max_length=255, unique=True, null=True)
    # Follows from the payment and the number of the refund, so that two workers that come
    # to the same conclusion ask Stripe for the same refund.
    idempotency_key = models.CharField(max_length=96, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When Stripe was last asked about it.
    looked_at = models.DateTimeField(default=timezone.now)
    failed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Refund"]] = RefundQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["state", "looked_at"], name="refund_by_look"),
            models.Index(fields=["created_at", "id"], name="refund_by_age"),
            models.Index(fields=["state", "created_at", "id"], name="refund_by_state"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_of_something")
        ]

    def __str__(self) -> str:
        return f"{written(self.amount, self.payment.currency)} of {self.payment.reservation}"
