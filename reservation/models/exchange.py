"""Seats that are given up for others: what was asked for, and what became of it."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from reservation.models.booking import Reservation, ReservationState


class ExchangeState(models.TextChoices):
    WAITING = "waiting", "Waiting to be paid"
    MADE = "made", "Made"
    DROPPED = "dropped", "Dropped"


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    def waiting(self) -> Self:
        """Those that may still be made, among them those past their time; one per reservation."""
        return self.filter(state=ExchangeState.WAITING)


class Exchange(models.Model):
    """One wish to have other seats, or another show, for a paid reservation.

    The wanted seats are held by a reservation of its own, the replacement, like any others. Its
    tickets include the seats that are kept, which have no live ticket there as long as the old
    one lives. When the exchange is made the two change places: the customer's reservation, by
    its code, has what the replacement had, and the replacement keeps what was given up.
    """

    reservation = models.ForeignKey(
        Reservation, on_delete=models.PROTECT, related_name="exchanges"
    )
    replacement = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, related_name="exchange"
    )
    state = models.CharField(max_length=10, choices=ExchangeState, default=ExchangeState.WAITING)
    # Of the amounts due: to be paid; with a minus, what goes back.
    difference = models.IntegerField(help_text="In minor units (cents).")
    created_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Exchange"]] = ExchangeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reservation"],
                condition=Q(state=ExchangeState.WAITING),
                name="one_waiting_exchange_per_reservation",
            )
        ]

    def __str__(self) -> str:
        return f"Exchange of {self.reservation}"

    def is_living_at(self, at: datetime) -> bool:
        """Whether it waits to be paid, its seats held, at that instant."""
        is_held = self.replacement.state_at(at) == ReservationState.HELD
        return self.state == ExchangeState.WAITING and is_held
