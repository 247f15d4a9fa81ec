"""What was asked of Stripe, and what came in."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models.dispute import GONE_STATES, DisputeState
from payments.models.refund import Refund, RefundReason, RefundState
from reservation.models import Exchange, ExchangeState, Reservation, ReservationState


class PaymentState(models.TextChoices):
    CREATING = "creating", "Being created at Stripe"
    OPEN = "open", "Waiting for the customer"
    PROCESSING = "processing", "On its way from the bank"
    PAID = "paid", "Paid"
    FAILED = "failed", "Failed"
    EXPIRED = "expired", "Expired unpaid"
    REJECTED = "rejected", "Not what was asked for"


RETRY_FAILED_REFUND = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=1)

# What can still be paid for: holds, and exchanges that wait.
IS_WANTED = Q(exchange=None, reservation__state=ReservationState.HELD) | Q(
    exchange__state=ExchangeState.WAITING, exchange__replacement__state=ReservationState.HELD
)

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
    # What it pays the difference of; without one, the whole reservation. Never searched by.
    exchange = models.ForeignKey(
        Exchange, on_delete=models.PROTECT, null=True, related_name="payments", db_index=False
    )
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
            # No condition on the state: SQLite can't prove it of a parameter, and would scan.
            models.Index(fields=["state", "looked_at"], name="payment_by_look"),
            # The desk's first page sorts by them.
            models.Index(fields=["created_at", "id"], name="payment_by_age"),
            models.Index(fields=["state", "created_at", "id"], name="payment_by_state"),
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

    def is_wanted_at(self, at: datetime) -> bool:
        """Whether what it is for can be paid at that instant."""
        if self.exchange is not None:
            return self.exchange.is_living_at(at)
        return self.reservation.state_at(at) == ReservationState.HELD

    def is_replaceable_at(self, at: datetime) -> bool:
        """Whether another page may be wanted in its place: what it is for was given up."""
        is_sold = self.reservation.state == ReservationState.CONFIRMED
        is_undecided = self.state == PaymentState.PROCESSING
        return is_sold and not is_undecided and not self.is_wanted_at(at)

    @property
    def is_final(self) -> bool:
        """Whether nothing that Stripe says of its session can change it any more."""
        return self.state in {PaymentState.PAID, PaymentState.REJECTED}

    @property
    def kept(self) -> int:
        """What we keep of it, in minor units: received, less what is gone or on its way.

        More can be gone than came in, where a buyer was refunded and their bank took it once
        more. That loss is not made good by keeping other money.
        """
        return max(self.amount_received - self._gone, 0)

    @property
    def _gone(self) -> int:
        back = sum(r.amount for r in self.refunds.all() if r.state != RefundState.FAILED)
        taken = sum(d.amount for d in self.disputes.all() if d.state in GONE_STATES)
        return back + taken

    @property
    def disputed(self) -> int:
        """What a bank has taken back until it decides, in minor units."""
        return sum(d.amount for d in self.disputes.all() if d.state == DisputeState.OPEN)

    @property
    def is_overdrawn(self) -> bool:
        """Whether more left it, or is on its way, than came in."""
        return self._gone > self.amount_received

    def _failures(self, *, before: Refund | None = None) -> list[Refund]:
        """The refunds of ours that failed since one arrived last, or was paid by other means."""
        ours = [r for r in self.refunds.all() if r.reason != RefundReason.BY_HAND]
        rows = sorted((r for r in ours if before is None or r.pk < before.pk), key=lambda r: r.pk)
        done = [n for n, refund in enumerate(rows) if refund.state == RefundState.SUCCEEDED]
        since = rows[done[-1] + 1 :] if done else rows
        return [refund for refund in since if refund.state == RefundState.FAILED]

    def failures_before(self, refund: Refund) -> bool:
        """Whether others of ours failed before this one, and none succeeded in between."""
        return bool(self._failures(before=refund))

    @property
    def held_back(self) -> int:
        """What the failed refunds since the last success were to send, in minor units."""
        return sum(refund.amount for refund in self._failures())

    @property
    def refund_retry_at(self) -> datetime | None:
        """When what failed is tried again: later after each failure; `None` where none did."""
        failed = [refund.failed_at for refund in self._failures() if refund.failed_at is not None]
        if not failed:
            return None
        pause = RETRY_FAILED_REFUND * 2 ** min(len(failed) - 1, 10)
        return max(failed) + min(pause, LONGEST_PAUSE)
