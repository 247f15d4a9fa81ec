"""The shapes of shows: as everybody sees them, and as staff send them."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cinema_reservation.money import Money, money
from reservation import edition, facts, sale
from reservation.api.fields import MoneySerializer
from reservation.api.plan_serializers import PlanUrlField
from reservation.api.policies import HOW, PolicyField
from reservation.api.price_lines import AppliedRuleSerializer, rules_shown
from reservation.api.staff import RelatedIdField
from reservation.api.venue import CinemaSummarySerializer
from reservation.models import Cinema, Hall, Movie, ShowTime
from reservation.models.programme import SHOW_REASON_LENGTH
from reservation.rules import timetable
from reservation.rules.pricing import ShowPrice


@extend_schema_field(OpenApiTypes.DATETIME)
class CinemaTimeField(serializers.ReadOnlyField):
    """A moment of a show with the offset of its cinema's own clock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"help_text": "With the cinema's own offset."} | kwargs))

    def get_attribute(self, instance: ShowTime) -> str | None:
        moment: datetime | None = getattr(instance, str(self.field_name))
        if moment is None:
            return None
        return moment.astimezone(instance.hall.cinema.zone).isoformat()


class MovieSummarySerializer(serializers.ModelSerializer[Movie]):
    """Which film."""

    class Meta:
        model = Movie
        fields = ("id", "title", "runtime_minutes", "certificate", "poster")


class HallSummarySerializer(serializers.ModelSerializer[Hall]):
    """Which hall, and where its plan is."""

    plan_url = PlanUrlField()

    class Meta:
        model = Hall
        fields = ("id", "name", "plan_version", "plan_url")


class ShowTimeSerializer(serializers.ModelSerializer[ShowTime]):
    """One screening of a film in a hall."""

    movie = MovieSummarySerializer()
    hall = HallSummarySerializer()
    cinema = CinemaSummarySerializer(source="hall.cinema")
    starts_at = CinemaTimeField()
    ends_at = CinemaTimeField()
    sales_open_at = CinemaTimeField(
        allow_null=True, help_text="With the cinema's own offset. null: at once."
    )
    sales_close_at = CinemaTimeField()
    accessible_released_at = CinemaTimeField(
        allow_null=True,
        help_text="When wheelchair places and their companions' are sold to everyone; until then "
        "with `wheelchair_need` only. With the cinema's own offset. null: never.",
    )
    price = serializers.SerializerMethodField(
        help_text="Of a full-price ticket in the cheapest category, by the rules of the cinema."
    )
    base_price = serializers.SerializerMethodField(
        help_text="The same before these rules: what staff set."
    )
    price_rules = serializers.SerializerMethodField(
        help_text="The rules that make the one of the other, in the order in which they apply."
    )
    on_sale = serializers.SerializerMethodField(help_text="Whether seats are sold now.")
    cancellation_policy = PolicyField(
        read_only=True, help_text="The show's own. null: that of its cinema."
    )
    promised_cancellation_policy = PolicyField(
        source="promised_policy",
        read_only=True,
        help_text="What whoever reserves now is promised: the show's own policy, its cinema's, "
        "or the house's. After the last step nothing comes back.",
    )

    class Meta:
        model = ShowTime
        fields = (
            "id",
            "movie",
            "hall",
            "cinema",
            "starts_at",
            "ends_at",
            "sales_open_at",
            "sales_close_at",
            "accessible_released_at",
            "price",
            "base_price",
            "price_rules",
            "format",
            "audio_language",
            "subtitle_language",
            "state",
            "on_sale",
            "forbids_lonely_seats",
            "cancellation_policy",
            "promised_cancellation_policy",
        )

    @extend_schema_field(MoneySerializer)
    def get_price(self, show: ShowTime) -> Money:
        return money(self._price_of(show).amount, settings.CURRENCY)

    @extend_schema_field(MoneySerializer)
    def get_base_price(self, show: ShowTime) -> Money:
        return money(show.price, settings.CURRENCY)

    @extend_schema_field(AppliedRuleSerializer(many=True))
    def get_price_rules(self, show: ShowTime) -> list[dict[str, Any]]:
        return rules_shown(sale.rules_named(self._price_of(show)), settings.CURRENCY)

    def _price_of(self, show: ShowTime) -> ShowPrice:
        return facts.price_of(show, edition_number=self._edition_number)

    @cached_property
    def _edition_number(self) -> int:
        """That of the view, where it asked; what a change has just made, where none did."""
        number: int | None = getattr(self.context.get("view"), "edition_number", None)
        return edition.current() if number is None else number

    def get_on_sale(self, show: ShowTime) -> bool:
        return show.sells_at(self._at)

    @cached_property
    def _at(self) -> datetime:
        """One moment for all shows of a list."""
        return timezone.now()


class LocalOrInstantField(serializers.DateTimeField):
    """A moment: an instant where it names an offset, else by the clock of the hall's cinema."""

    default_error_messages: ClassVar = {
        "absurd_date": f"Give a year from {timetable.FIRST_YEAR} to {timetable.LAST_YEAR}.",
        "no_time": "Give a date and a time, such as 2026-11-28T21:00:00.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        # Python would read a mere date as its midnight.
        if isinstance(value, str) and ":" not in value:
            self.fail("no_time")
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> datetime:
        if not timetable.is_sensible(value):
            self.fail("absurd_date")
        return value


@extend_schema_serializer(component_name="ShowTime")
class ShowTimeWriteSerializer(serializers.ModelSerializer[ShowTime]):
    """A show as staff send it."""

    movie = RelatedIdField(queryset=Movie.objects.all())
    hall = RelatedIdField(queryset=Hall.objects.select_related("cinema"))
    starts_at = LocalOrInstantField(
        help_text="Without an offset it is the local time of the hall's cinema."
    )
    sales_open_at = LocalOrInstantField(
        required=False, allow_null=True, help_text="null: at once."
    )
    sales_close_at = LocalOrInstantField(
        required=False, allow_null=True, help_text="null: until the show starts."
    )
    cancellation_policy = PolicyField(
        required=False, allow_null=True, help_text=HOW + "null: that of the show's cinema."
    )

    class Meta:
        model = ShowTime
        fields = (
            "movie",
            "hall",
            "starts_at",
            "sales_open_at",
            "sales_close_at",
            "price",
            "format",
            "audio_language",
            "subtitle_language",
            "forbids_lonely_seats",
            "cancellation_policy",
        )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        hall = attrs.get("hall") or self.instance.hall  # type: ignore[union-attr]
        for name in ("starts_at", "sales_open_at", "sales_close_at"):
            if attrs.get(name) is not None:
                attrs[name] = _instant(name, attrs[name], hall.cinema)
        return attrs

    def to_representation(self, instance: ShowTime) -> dict[str, Any]:
        return ShowTimeSerializer(instance, context=self.context).data


class ShowCancellingSerializer(serializers.Serializer[Any]):
    """Why a show is cancelled, if anybody says."""

    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=SHOW_REASON_LENGTH,
        help_text="Kept, and told to the customers by mail.",
    )


def _instant(name: str, moment: datetime, cinema: Cinema) -> datetime:
    if moment.tzinfo is not None:
        return moment
    try:
        return timetable.instant(moment, cinema.zone)
    except timetable.NotOneInstant as error:
        sentence = f"The clocks of {cinema} change then. Give the time with its offset."
        raise serializers.ValidationError({name: sentence}, code="not_one_instant") from error
