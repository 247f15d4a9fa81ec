"""What a buyer's bank took back, or asks about."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from cinema_reservation.money import written


class DisputeState(models.TextChoices):
    INQUIRY = "inquiry", "The bank asks; no money was taken"
    OPEN = "open", "The bank took the money and decides"
    WON = "won", "Won: the money is back"
    LOST = "lost", "Lost: the money is gone"


# Their money is not ours to count, nor to refund.
GONE_STATES = (DisputeState.OPEN, DisputeState.LOST)
UNDECIDED_STATES = (DisputeState.INQUIRY, DisputeState.OPEN)


class DisputeQuerySet(models.QuerySet["Dispute"]):
    def claim(self, dispute: "Dispute", *, at: datetime) -> bool:
        """Whether it is ours to look at now: of several workers that come to it, one's."""
        same = self.filter(pk=dispute.pk, looked_at=dispute.looked_at)
        return same.update(looked_at=at) == 1

    def undecided(self) -> Self:
        return self.filter(state__in=UNDECIDED_STATES)


class Dispute(models.Model):
    """A payment that its buyer does not recognise, as Stripe tells it. Answered at Stripe's."""

    payment = models.ForeignKey(
        "payments.Payment", on_delete=models.PROTECT, related_name="disputes"
    )
    stripe_id = models.CharField(max_length=255, unique=True)
    amount = models.PositiveIntegerField(help_text="In minor units (cents).")
    reason = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=DisputeState)
    answer_by = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    # When Stripe was last asked about it.
    looked_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["Dispute"]] = DisputeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["state", "looked_at"], name="dispute_by_look")]

    def __str__(self) -> str:
        return f"{written(self.amount, self.payment.currency)} of {self.payment.reservation}"
