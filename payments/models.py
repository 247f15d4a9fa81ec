"""The ledger: what was asked of Stripe, what came in, what went back, what Stripe said."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cinema_reservation.money import written
from reservation.models import Reservation


class PaymentState(models.TextChoices):
    CREATING = "creating", "Being created at Stripe"
    OPEN = "open", "Waiting for the customer"
    PROCESSING = "processing", "On its way from the bank"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired unpaid"
    REJECTED = "rejected", "Not what was asked for"


LIVE_STATES = (PaymentState.CREATING, PaymentState.OPEN, PaymentState.PROCESSING)


class PaymentQuerySet(models.QuerySet["Payment"]):
    def live(self) -> Self:
        """Payments that may still bring money; at most one per reservation."""
        return self.filter(state__in=LIVE_STATES)

    def claim(self, payment: "Payment", *, at: datetime) -> bool:
        """Whether it is ours to look at now: of several workers that come to it, one's."""
        same = self.filter(pk=payment.pk, looked_at=payment.looked_at)
        return same.update(looked_at=at) == 1


class Payment(models.Model):
    """One Stripe Checkout session for a reservation.

    Committed with its key and its complete parameters before Stripe hears of it, so that
    a crash at any point is mended by sending the same request again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="payments")
    amount = models.PositiveIntegerField(help_text="Asked for, in minor units (cents).")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=PaymentState, default=PaymentState.CREATING)
    amount_received = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=64, unique=True)
    # What Stripe is asked, word for word, so that a retry asks the same.
    parameters = models.JSONField()
    session_id = models.CharField(max_length=255, unique=True, null=True)
    checkout_url = models.URLField(max_length=2000, blank=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # When Stripe was last asked about it. Every look moves it, so that all have their turn.
    looked_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager["Payment"]] = PaymentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["looked_at"],
                condition=Q(state__in=LIVE_STATES),
                name="payment_live_by_look",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(state__in=LIVE_STATES),
                name="one_live_payment_per_reservation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reservation}: {self.get_state_display()}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def is_final(self) -> bool:
        """Whether nothing that Stripe says of its session can change it any more."""
        return self.state in {PaymentState.PAID, PaymentState.REJECTED}

    @property
    def kept(self) -> int:
        """What we keep of it, in minor units: received, less what went or goes back."""
        gone = sum(r.amount for r in self.refunds.all() if r.state != RefundState.FAILED)
        return self.amount_received - gone

    def refund_failed_after(self, since: datetime) -> bool:
        return any(
            refund.failed_at is not None and refund.failed_at > since
            for refund in self.refunds.all()
        )


class RefundState(models.TextChoices):
    PENDING = "pending", "On its way"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


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

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
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
            models.Index(
                fields=["created_at"], condition=Q(state="pending"), name="refund_pending"
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=1), name="refund_of_something")
        ]

    def __str__(self) -> str:
        return f"{written(self.amount, self.payment.currency)} of {self.payment.reservation}"


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
