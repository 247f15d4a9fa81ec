"""Where it is shown: cinemas, halls and their seats."""

import zoneinfo
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from reservation.rules import cancellation

# Ten seats at the highest price and surcharge stay within the eight digits that Stripe takes.
HIGHEST_PRICE = 4_999_999
PLAN_NOTE_LENGTH = 200

validate_colour = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Give a colour such as #c0a040.")
validate_row = RegexValidator(r"^[^\W\d_]+\Z", "Name the row with letters, such as C or AA.")


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "%(name)s is no IANA time zone. Give one such as Europe/Lisbon.",
            code="invalid_time_zone",
            params={"name": name},
        )


def validate_policy(steps: Any) -> None:
    """A cancellation policy, as staff may promise it: see `rules/cancellation.py`."""
    try:
        cancellation.check_policy(steps)
    except ValueError as error:
        raise ValidationError(str(error), code="invalid_policy") from error


class Cinema(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    address = models.CharField(max_length=300, blank=True)
    time_zone = models.CharField(
        max_length=64,
        validators=[validate_time_zone],
        help_text="IANA name, such as Europe/Lisbon. Shows are announced in it.",
    )
    cancellation_policy = models.JSONField(
        null=True,
        blank=True,
        validators=[validate_policy],
        help_text="What customers who cancel get back; null means the house's own policy.",
    )

    class Meta:
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Hall(models.Model):
    cinema = models.ForeignKey(Cinema, on_delete=models.PROTECT, related_name="halls")
    name = models.CharField(max_length=60)
    # Grows with every change of the hall's seats, so that clients may keep a plan for ever.
    plan_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        ordering: ClassVar = ["cinema", "name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cinema", "name"], name="hall_name_unique_in_cinema")
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.cinema}"


class SeatCategory(models.Model):
    name = models.CharField(max_length=40, unique=True)
    colour = models.CharField(max_length=7, validators=[validate_colour], default="#4f6d7a")
    surcharge = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(HIGHEST_PRICE)],
        help_text="Added to the show's price, in minor units (cents).",
    )

    class Meta:
        ordering: ClassVar = ["surcharge", "name"]
        verbose_name_plural = "seat categories"

    def __str__(self) -> str:
        return self.name


class SeatKind(models.TextChoices):
    STANDARD = "standard", "Standard"
    WHEELCHAIR = "wheelchair", "Wheelchair place"
    COMPANION = "companion", "Companion of a wheelchair place"


class SeatQuerySet(models.QuerySet["Seat"]):
    def in_use(self) -> Self:
        """Seats that stand in their hall today."""
        return self.filter(retired_at=None)


class Seat(models.Model):
    """One chair. Retired rather than deleted once it was sold: tickets still name it."""

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="seats")
    row = models.CharField(max_length=4, validators=[validate_row])
    number = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(999)]
    )
    # Where it stands on the plan, in seat widths from the top left, screen at the top.
    x = models.PositiveSmallIntegerField(validators=[MaxValueValidator(999)])
    y = models.PositiveSmallIntegerField(validators=[MaxValueValidator(999)])
    category = models.ForeignKey(SeatCategory, on_delete=models.PROTECT, related_name="seats")
    kind = models.CharField(max_length=10, choices=SeatKind, default=SeatKind.STANDARD)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Seat"]] = SeatQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["hall", "y", "x", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hall", "row", "number"],
                condition=models.Q(retired_at=None),
                name="seat_label_unique_in_hall",
                violation_error_message="This hall has a seat of that row and number already.",
            ),
            models.UniqueConstraint(
                fields=["hall", "x", "y"],
                condition=models.Q(retired_at=None),
                name="seat_place_unique_in_hall",
                violation_error_message="Another seat stands at that place of the plan.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """As printed on the ticket: `C7`."""
        return f"{self.row}{self.number}"


class HallPlan(models.Model):
    """One version of a hall's plan, as it was. Written once, by `plan_history.py`."""

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="plans")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True, help_text="As staff would type it.")
    # What clients draw: seats with their ids, and the categories that these name.
    seats = models.JSONField()
    categories = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    note = models.CharField(max_length=PLAN_NOTE_LENGTH, blank=True)

    class Meta:
        ordering: ClassVar = ["hall", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["hall", "version"], name="plan_version_once_per_hall")
        ]

    def __str__(self) -> str:
        return f"Version {self.version} of {self.hall}"
