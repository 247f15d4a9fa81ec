"""What changes a price: a cinema's rules for days and times, and promotions with a code."""

from datetime import time
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from reservation.models.catalogue import Movie
from reservation.models.programme import ShowTime, TicketType
from reservation.models.venue import HIGHEST_PRICE, Cinema
from reservation.rules import pricing, promotions

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Far above what anybody gives away, and small enough for every database.
MOST_USES, MOST_TICKETS = 1_000_000, 100
LIMITS = [MinValueValidator(1), MaxValueValidator(MOST_USES)]
# A price can be made six times as high at most: beyond that somebody mistyped.
MOST_PERCENT_MORE = 500


def validate_weekdays(value: Any) -> None:
    """A list of different days, 0 for Monday to 6 for Sunday; an empty one means every day."""
    days = range(len(WEEKDAYS))
    if (
        not isinstance(value, list)
        or any(type(day) is not int or day not in days for day in value)
        or len(set(value)) != len(value)
    ):
        raise ValidationError("Give a list of days, each once: 0 for Monday to 6 for Sunday.")


def _one_of(amount: str, percentage: str) -> Q:
    return Q(**{f"{amount}__isnull": True}) ^ Q(**{f"{percentage}__isnull": True})


class PriceRuleQuerySet(models.QuerySet["PriceRule"]):
    def in_force(self) -> Self:
        return self.filter(is_active=True)


class PriceRule(models.Model):
    """A cinema's rule for days and times of shows; what it means says `rules/pricing.py`."""

    cinema = models.ForeignKey(Cinema, on_delete=models.CASCADE, related_name="price_rules")
    name = models.CharField(max_length=60, help_text="Customers read it: Matinee, Weekend …")
    weekdays = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_weekdays],
        help_text="On which days its window begins, 0 for Monday to 6; none means every day.",
    )
    from_time = models.TimeField(
        default=time.min, help_text="For shows that start from then on, by the cinema's clock."
    )
    to_time = models.TimeField(
        default=time.min,
        help_text="And before then. One that is not later than the beginning is of the next day.",
    )
    valid_from = models.DateField(null=True, blank=True, help_text="The first day of shows.")
    valid_until = models.DateField(null=True, blank=True, help_text="The last day of shows.")
    amount = models.IntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(-HIGHEST_PRICE), MaxValueValidator(HIGHEST_PRICE)],
        help_text="What it adds, in minor units (cents); with a minus, what it takes off.",
    )
    percentage = models.SmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(-100), MaxValueValidator(MOST_PERCENT_MORE)],
        help_text="Or so many percent of the price; with a minus, so many less.",
    )
    priority = models.SmallIntegerField(default=0, help_text="The lowest number comes first.")
    is_active = models.BooleanField(default=True)

    objects: ClassVar[models.Manager["PriceRule"]] = PriceRuleQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["cinema", "priority", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_one_of("amount", "percentage"),
                name="price_rule_amount_or_percentage",
                violation_error_message="Give an amount or a percentage, and not both.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lte=F("valid_until")),
                name="price_rule_ends_after_it_begins",
                violation_error_message="The last day is before the first.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def rule(self) -> pricing.PriceRule:
        """The rule that prices are worked out by."""
        return pricing.PriceRule(
            id=self.pk,
            name=self.name,
            change=_change(self.amount, self.percentage),
            priority=self.priority,
            weekdays=frozenset(self.weekdays),
            from_time=self.from_time,
            to_time=self.to_time,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


def _change(amount: int | None, percentage: int | None) -> pricing.Change:
    if amount is not None:
        return pricing.Amount(amount)
    return pricing.Percentage(percentage or 0)


class Promotion(models.Model):
    """A code that makes tickets cheaper; what it means says `rules/promotions.py`.

    Whoever uses it locks it first and counts then who else does, so its limits hold.
    """

    code = models.CharField(
        max_length=promotions.LONGEST, unique=True, help_text="In any case: summer is SUMMER."
    )
    name = models.CharField(max_length=80, help_text="Customers read it with the discount.")
    is_active = models.BooleanField(default=True)
    amount = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(HIGHEST_PRICE)],
        help_text="Comes off a reservation once, in minor units (cents).",
    )
    percentage = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Or so many percent off.",
    )
    movies = models.ManyToManyField(
        Movie,
        through="PromotionMovie",
        blank=True,
        related_name="+",
        help_text="None means all.",
    )
    cinemas = models.ManyToManyField(
        Cinema,
        through="PromotionCinema",
        blank=True,
        related_name="+",
        help_text="None means all.",
    )
    shows = models.ManyToManyField(
        ShowTime,
        through="PromotionShow",
        blank=True,
        related_name="+",
        help_text="None means all.",
    )
    ticket_types = models.ManyToManyField(
        TicketType,
        through="PromotionTicketType",
        blank=True,
        related_name="+",
        help_text="None means all.",
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="To be used from then on.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="And before then.")
    shows_from = models.DateField(null=True, blank=True, help_text="The first day of shows.")
    shows_until = models.DateField(null=True, blank=True, help_text="The last day of shows.")
    weekdays = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_weekdays],
        help_text="Days of shows, 0 for Monday to 6 for Sunday; none means every day.",
    )
    least_tickets = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_TICKETS)],
        help_text="So many tickets of its types at least.",
    )
    least_total = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(HIGHEST_PRICE)],
        help_text="What these cost without it at least, in minor units (cents).",
    )
    limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=LIMITS,
        help_text="Reservations that may use it; empty: any number.",
    )
    limit_per_user = models.PositiveIntegerField(
        null=True, blank=True, validators=LIMITS, help_text="The same for each account."
    )
    # The latest instant at which its uses were counted: holds that end by then were counted as
    # dead, and their uses may be others' by now.
    counted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_one_of("amount", "percentage"),
                name="promotion_amount_or_percentage",
                violation_error_message="Give an amount or a percentage, and not both.",
            ),
            models.CheckConstraint(
                condition=Q(percentage=None) | Q(percentage__range=(1, 100)),
                name="promotion_takes_off_up_to_all",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
                name="promotion_ends_after_it_begins",
                violation_error_message="It ends before it begins.",
            ),
            models.CheckConstraint(
                condition=Q(shows_from=None)
                | Q(shows_until=None)
                | Q(shows_from__lte=F("shows_until")),
                name="promotion_last_day_is_not_before_its_first",
                violation_error_message="The last day of shows is before the first.",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_limited(self) -> bool:
        """Whether its uses have to be counted."""
        return self.limit is not None or self.limit_per_user is not None

    @property
    def change(self) -> pricing.Change:
        """What it takes off."""
        return _change(self.amount, self.percentage)


class _Scope(models.Model):
    """A row for each thing that a promotion is for, which stays as long as it is.

    Deleting the only film of a code would else make it good for all films.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
        default_permissions = ()
        verbose_name_plural = "scopes of promotions"

    def __str__(self) -> str:
        return f"a scope of {self.promotion}"


class PromotionMovie(_Scope):
    movie = models.ForeignKey(Movie, on_delete=models.PROTECT, related_name="+")

    class Meta(_Scope.Meta):
        db_table = "reservation_promotion_movies"
        unique_together = (("promotion", "movie"),)


class PromotionCinema(_Scope):
    cinema = models.ForeignKey(Cinema, on_delete=models.PROTECT, related_name="+")

    class Meta(_Scope.Meta):
        db_table = "reservation_promotion_cinemas"
        unique_together = (("promotion", "cinema"),)


class PromotionShow(_Scope):
    showtime = models.ForeignKey(ShowTime, on_delete=models.PROTECT, related_name="+")

    class Meta(_Scope.Meta):
        db_table = "reservation_promotion_shows"
        unique_together = (("promotion", "showtime"),)


class PromotionTicketType(_Scope):
    tickettype = models.ForeignKey(TicketType, on_delete=models.PROTECT, related_name="+")

    class Meta(_Scope.Meta):
        db_table = "reservation_promotion_ticket_types"
        unique_together = (("promotion", "tickettype"),)
