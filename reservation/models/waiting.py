"""Who stands in line for seats of a show that is sold out."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from reservation.models.booking import Reservation, ReservationState
from reservation.models.programme import ShowTime
from reservation.models.venue import SeatCategory


class PlaceState(models.TextChoices):
    WAITING = "waiting", "In line"
    OFFERED = "offered", "Has an offer"
    TAKEN = "taken", "Took the offer"
    LAPSED = "lapsed", "Let the offer lapse"
    LEFT = "left", "Left the line"
    OVER = "over", "Sales closed"


# What becomes of a place whose offer is a reservation in this state.
BY_OFFER = {
    ReservationState.HELD: PlaceState.OFFERED,
    ReservationState.CONFIRMED: PlaceState.TAKEN,
    ReservationState.EXPIRED: PlaceState.LAPSED,
    ReservationState.CANCELLED: PlaceState.LEFT,
}


class PlaceInLineQuerySet(models.QuerySet["PlaceInLine"]):
    def of(self, user_id: int | None) -> Self:
        """That person's own. Nobody owns none."""
        return self.none() if user_id is None else self.filter(user=user_id)

    def waiting(self) -> Self:
        """Those whose turn has not come; whether their show still sells is not asked."""
        return self.filter(offer=None, left_at=None)

    def next_of(self, show_id: int) -> Self:
        """Those of a show, first come first, without who can't log in any more."""
        return self.waiting().filter(showtime=show_id, user__is_active=True).order_by("pk")

    def whom_suffice(self, free: Mapping[int, int]) -> Self:
        """Those who could sit if so many seats of these categories were theirs alone."""
        suffice = Q(category=None, seats__lte=sum(free.values()))
        for category_id, seats in free.items():
            suffice |= Q(category=category_id, seats__lte=seats)
        return self.filter(suffice)


class PlaceInLine(models.Model):
    """One customer's wait for so many seats of one show, of one category or of any.

    The offer that ends it is a hold like any other, so what became of it is the hold's state.
    Made and ended by the verbs of `waiting_list.py`.
    """

    showtime = models.ForeignKey(ShowTime, on_delete=models.CASCADE, related_name="line")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="places_in_line"
    )
    seats = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    category = models.ForeignKey(
        SeatCategory, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    joined_at = models.DateTimeField()
    offer = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, related_name="place_in_line"
    )
    left_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["PlaceInLine"]] = PlaceInLineQuerySet.as_manager()

    class Meta:
        verbose_name = "place in line"
        verbose_name_plural = "waiting list"
        ordering: ClassVar = ["-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["showtime", "id"],
                condition=Q(offer=None, left_at=None),
                name="line_by_show",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "showtime"],
                condition=Q(offer=None, left_at=None),
                name="one_place_in_line_per_show",
            ),
            models.CheckConstraint(condition=Q(seats__gte=1), name="place_in_line_for_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.seats} of {self.showtime}"

    def state_at(self, at: datetime) -> PlaceState:
        """What it is at that instant, by what became of its offer and of its show."""
        if self.offer is not None and self.offer.confirmed_at is not None:
            # Whatever became of it later.
            return PlaceState.TAKEN
        if self.offer is not None:
            return BY_OFFER[ReservationState(self.offer.state_at(at))]
        if self.left_at is not None:
            return PlaceState.LEFT
        return PlaceState.WAITING if self.showtime.is_open_at(at) else PlaceState.OVER
