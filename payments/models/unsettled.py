"""Reservations whose money is not at rest."""

from typing import ClassVar

from django.db import models

from payments.models.dispute import UNDECIDED_STATES, Dispute
from payments.models.payment import Payment, PaymentState
from payments.models.refund import Refund, RefundState
from reservation.models import Reservation


class UnsettledManager(models.Manager["Unsettled"]):
    def get_queryset(self) -> models.QuerySet["Unsettled"]:
        """To be settled, or waiting for a refund, a bank or a dispute.

        Each part has its own small index, so that this stays quick beside millions.
        """
        ids = Reservation.objects.filter(settle_after__isnull=False).order_by().values("pk")
        processing = Payment.objects.filter(state=PaymentState.PROCESSING)
        refunds = Refund.objects.filter(state=RefundState.PENDING)
        disputes = Dispute.objects.filter(state__in=UNDECIDED_STATES)
        waiting = ids.union(
            processing.order_by().values("reservation"),
            refunds.order_by().values("payment__reservation"),
            disputes.order_by().values("payment__reservation"),
        )
        return super().get_queryset().filter(pk__in=waiting)


class Unsettled(Reservation):
    """A reservation whose money has not come to rest yet."""

    objects: ClassVar[UnsettledManager] = UnsettledManager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = "unsettled reservation"
