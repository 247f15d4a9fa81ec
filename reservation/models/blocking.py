"""Seats that the house keeps for itself."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from reservation.models.programme import ShowTime
from reservation.models.venue import Seat

BLOCK_REASON_LENGTH = 200


class BlockKind(models.TextChoices):
    HOUSE = "house", "House"
    BROKEN = "broken", "Broken"
    PRESS = "press", "Press"


class SeatBlockQuerySet(models.QuerySet["SeatBlock"]):
    def standing(self) -> Self:
        """Blocks that nobody has lifted. Those past their release are still among them."""
        return self.filter(lifted_at=None)

    def over(self, at: datetime) -> Self:
        """Standing ones past their release: they block nothing, though nobody tidied them up."""
        return self.standing().filter(release_at__lte=at)

    def in_force(self, at: datetime) -> Self:
        """Those that keep their seat from everybody at that instant."""
        return self.standing().filter(Q(release_at=None) | Q(release_at__gt=at))


class SeatBlock(models.Model):
    """One seat of one show that is not sold. Made and lifted by the verbs of `house_seats.py`.

    It is over at `release_at`, at that very instant, whether or not any job has run.
    """

    showtime = models.ForeignKey(ShowTime, on_delete=models.CASCADE, related_name="blocks")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="blocks")
    kind = models.CharField(max_length=10, choices=BlockKind, default=BlockKind.HOUSE)
    reason = models.CharField(max_length=BLOCK_REASON_LENGTH)
    release_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    # By hand, or, where a new block follows, when it was over.
    lifted_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["SeatBlock"]] = SeatBlockQuerySet.as_manager()

    class Meta:
        verbose_name = "house seat"
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["showtime", "seat"],
                condition=Q(lifted_at=None),
                name="one_standing_block_per_seat",
            )
        ]

    def __str__(self) -> str:
        return f"{self.seat} ({self.get_kind_display()})"

    def is_in_force(self, at: datetime) -> bool:
        """Whether it keeps its seat from everybody at that instant."""
        is_over = self.release_at is not None and at >= self.release_at
        return self.lifted_at is None and not is_over
