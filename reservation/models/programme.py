"""When it is shown and for how much: screenings and ticket types."""

from datetime import datetime
from typing import ClassVar, Self, cast

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from reservation.models.catalogue import Movie, validate_language
from reservation.models.venue import HIGHEST_PRICE, Hall, validate_policy
from reservation.rules import accessibility
from reservation.rules.cancellation import PolicyStep


class ShowFormat(models.TextChoices):
    TWO_D = "2d", "2D"
    THREE_D = "3d", "3D"
    IMAX = "imax", "IMAX"
    IMAX_3D = "imax_3d", "IMAX 3D"
    FOUR_DX = "4dx", "4DX"
    FILM_35 = "35mm", "35 mm film"
    FILM_70 = "70mm", "70 mm film"


class ShowState(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    CANCELLED = "cancelled", "Cancelled"


# A reservation keeps 200, and says before it: "The show was cancelled: ".
SHOW_REASON_LENGTH = 176


def house_forbids_lonely_seats() -> bool:
    """What holds for new shows where nobody says otherwise."""
    return bool(settings.FORBID_LONELY_SEATS)


class ShowTimeQuerySet(models.QuerySet["ShowTime"]):
    def scheduled(self) -> Self:
        return self.filter(state=ShowState.SCHEDULED)

    def upcoming(self, at: datetime) -> Self:
        """Scheduled and not yet begun."""
        return self.scheduled().filter(starts_at__gt=at)

    def next_turn(self, at: datetime) -> datetime | None:
        """When the next of them begins, or its sales open or close: what is told changes then."""
        turns = [
            self.filter(**{f"{name}__gt": at}).order_by(name).values_list(name, flat=True).first()
            for name in ("starts_at", "sales_close_at", "sales_open_at")
        ]
        return min((turn for turn in turns if turn is not None), default=None)

    def uncleared(self) -> Self:
        """Cancelled ones of which something may still be alive."""
        return self.filter(state=ShowState.CANCELLED, cleared_at=None)

    def waited_for(self, at: datetime) -> Self:
        """Those with a line of people for their seats, which are still sold."""
        return self.scheduled().filter(is_waited_for=True, sales_close_at__gt=at)

    def occupying(self, hall: Hall, starts_at: datetime, until: datetime) -> Self:
        """Scheduled shows that need that hall at some time in [starts_at, until)."""
        return self.scheduled().filter(hall=hall, starts_at__lt=until, hall_free_at__gt=starts_at)


class ShowTime(models.Model):
    """One screening. Its times are worked out by `programme.py`, which also keeps the hall free.

    From `starts_at` (doors and trailers) to `ends_at` (the film's last minute) the audience
    is in; until `hall_free_at` the hall is being cleaned.
    """

    movie = models.ForeignKey(Movie, on_delete=models.PROTECT, related_name="showtimes")
    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="showtimes")
    starts_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField(editable=False)
    hall_free_at = models.DateTimeField(editable=False)
    price = models.PositiveIntegerField(
        validators=[MaxValueValidator(HIGHEST_PRICE)],
        help_text="Of a full-price ticket in the cheapest category, in minor units (cents).",
    )
    format = models.CharField(max_length=8, choices=ShowFormat, default=ShowFormat.TWO_D)
    audio_language = models.CharField(max_length=12, blank=True, validators=[validate_language])
    subtitle_language = models.CharField(max_length=12, blank=True, validators=[validate_language])
    sales_open_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="Seats are sold from then on; empty means at once.",
    )
    sales_close_at = models.DateTimeField(
        blank=True,
        db_index=True,
        help_text="Seats are sold until then; empty means until the show starts.",
    )
    # Shows that were on sale when the rule came go on without it.
    forbids_lonely_seats = models.BooleanField(
        default=house_forbids_lonely_seats,
        db_default=False,
        help_text="Customers may not leave a single free seat between taken ones or beside an "
        "aisle while there is something else for them.",
    )
    cancellation_policy = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_policy],
        help_text="What customers who cancel get back; null means the cinema's policy.",
    )
    state = models.CharField(
        max_length=10, choices=ShowState, default=ShowState.SCHEDULED, editable=False
    )

    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    cancellation_reason = models.CharField(
        max_length=SHOW_REASON_LENGTH, blank=True, db_default="", editable=False
    )
    # Set once nothing of a cancelled show is alive, and nothing can come alive again.
    cleared_at = models.DateTimeField(null=True, editable=False)

    # While somebody stands in line for its seats: only then is a hold to look who comes first.
    is_waited_for = models.BooleanField(default=False, db_default=False, editable=False)

    # Grows whenever a seat of it is taken or given back, and tells whether a kept answer is true.
    seats_version = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar[models.Manager["ShowTime"]] = ShowTimeQuerySet.as_manager()

    class Meta:
        verbose_name = "show"
        ordering: ClassVar = ["starts_at", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["movie", "starts_at"], name="show_by_movie"),
            models.Index(fields=["hall", "starts_at"], name="show_by_hall"),
            models.Index(
                fields=["id"],
                condition=Q(state="cancelled", cleared_at=None),
                name="show_uncleared",
            ),
            models.Index(fields=["id"], condition=Q(is_waited_for=True), name="show_waited_for"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"), hall_free_at__gte=F("ends_at")),
                name="show_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        local = self.starts_at.astimezone(self.hall.cinema.zone)
        return f"{self.movie}, {local:%a %d %b %Y %H:%M}, {self.hall}"

    @property
    def is_cancelled(self) -> bool:
        return self.state == ShowState.CANCELLED

    @property
    def promised_policy(self) -> list[PolicyStep]:
        """What whoever buys now is promised: the show's policy, the cinema's, or the house's."""
        for policy in (self.cancellation_policy, self.hall.cinema.cancellation_policy):
            if policy is not None:
                return policy
        return cast("list[PolicyStep]", settings.CANCELLATION_POLICY)

    def sells_at(self, at: datetime) -> bool:
        """Whether seats are sold at that instant."""
        return self.is_open_at(at) and not self.is_awaited_at(at)

    def is_open_at(self, at: datetime) -> bool:
        """Whether its seats can still be had: now, or once its sales open."""
        return not self.is_cancelled and at < self.sales_close_at

    def is_awaited_at(self, at: datetime) -> bool:
        """Whether its sales are yet to open."""
        return self.sales_open_at is not None and at < self.sales_open_at

    @property
    def accessible_released_at(self) -> datetime | None:
        """When its wheelchair places and their companions' are sold to everyone; None: never."""
        minutes = settings.ACCESSIBLE_RELEASE_MINUTES
        if minutes is None:
            return None
        return accessibility.release_time(starts_at=self.starts_at, minutes_before=minutes)


class TicketTypeQuerySet(models.QuerySet["TicketType"]):
    def on_sale(self) -> Self:
        return self.filter(is_active=True)


class TicketType(models.Model):
    """Who pays what share of the price: Adult 100 %, Child 70 % …"""

    name = models.CharField(max_length=40, unique=True)
    percentage = models.PositiveSmallIntegerField(
        default=100, validators=[MaxValueValidator(100)], help_text="Share of the price, in %."
    )
    # What a seat costs when nobody says for whom it is.
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[models.Manager["TicketType"]] = TicketTypeQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-percentage", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="one_default_ticket_type",
                violation_error_message="Another ticket type is the default already.",
            ),
            models.CheckConstraint(
                condition=Q(percentage__lte=100), name="ticket_type_never_above_full_price"
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True),
                name="default_ticket_type_is_active",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.percentage} %)"
