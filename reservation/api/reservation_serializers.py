"""The shapes of reservations, tickets and requests for them."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cinema_reservation.money import Money, money
from reservation.api import examples
from reservation.api.fields import IdField, MoneySerializer, StandingFields
from reservation.api.policies import PolicyField
from reservation.api.price_lines import AppliedRuleSerializer, rules_shown
from reservation.api.ticket_serializers import ReservedSeatSerializer, TicketSerializer
from reservation.choosing import BestAvailable, Wish
from reservation.models import Exchange, Promotion, Reservation, ReservationState
from reservation.rules.promotions import LONGEST_TYPED
from reservation.sale import SeatChoice

# Far above every sensible limit; the house's own limit answers with its own error.
MOST_SEATS_READ = 100


class TicketChoiceSerializer(serializers.Serializer[Any]):
    """A seat and who is to sit there."""

    seat = IdField()
    ticket_type = IdField(help_text="See /api/ticket_types/.")


class CountField(serializers.IntegerField):
    """How many: `2.0` and `true` are no numbers of seats."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool | float):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class BestAvailableSerializer(serializers.Serializer[Any]):
    """The best seats that are free when the show's turn comes: together first, then central."""

    count = CountField(min_value=1, max_value=MOST_SEATS_READ)
    category = IdField(required=False, help_text="See /api/seat_categories/. Any, without it.")
    ticket_types = serializers.ListField(
        child=IdField(),
        required=False,
        allow_empty=False,
        max_length=MOST_SEATS_READ,
        help_text="One for each seat; see /api/ticket_types/.",
    )
    wheelchair_places = CountField(
        required=False,
        min_value=1,
        max_value=MOST_SEATS_READ,
        help_text="How many of them are wheelchair places: 1 where only `wheelchair_need` is "
        "said. The others are beside them, or as near as can be.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.get("ticket_types", [])) not in {0, attrs["count"]}:
            raise serializers.ValidationError(
                {"ticket_types": "Give one for each seat."}, code="one_for_each_seat"
            )
        if attrs.get("wheelchair_places", 0) > attrs["count"]:
            raise serializers.ValidationError(
                {"wheelchair_places": "Ask for no more of them than seats."},
                code="more_than_seats",
            )
        return attrs


class HoldSerializer(StandingFields, serializers.Serializer[Any]):
    """A show, and one of `seats` (at the default ticket type), `tickets`, `best_available`."""

    showtime = IdField()
    seats = serializers.ListField(
        child=IdField(), required=False, allow_empty=False, max_length=MOST_SEATS_READ
    )
    tickets = TicketChoiceSerializer(  # type: ignore[call-arg]
        many=True, required=False, allow_empty=False, max_length=MOST_SEATS_READ
    )

    best_available = BestAvailableSerializer(required=False)
    wheelchair_need = serializers.BooleanField(
        required=False,
        default=False,
        help_text="That somebody of the party needs a wheelchair place. Without it these, and "
        "the places of companions beside them, are not sold before their release.",
    )

    promo_code = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=LONGEST_TYPED,
        help_text="One code, in any case; it makes the tickets that it is for cheaper. Empty or "
        "null: none.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("seats", "tickets", "best_available")) != 1:
            raise serializers.ValidationError(
                {"seats": "Give one of seats, tickets and best_available."},
                code="seats_or_tickets",
            )
        if "wheelchair_places" in attrs.get("best_available", {}) and not attrs["wheelchair_need"]:
            raise serializers.ValidationError(
                {"wheelchair_need": "Say that somebody needs a wheelchair place."},
                code="wheelchair_need_not_stated",
            )
        seat_ids = [choice.seat_id for choice in self.choices(attrs)]
        if len(set(seat_ids)) != len(seat_ids):
            raise serializers.ValidationError(
                {"seats": "Name each seat once."}, code="duplicate_seats"
            )
        return attrs

    @staticmethod
    def choices(attrs: dict[str, Any]) -> list[SeatChoice]:
        """The seats that are asked for, in the order of the request."""
        if "seats" in attrs:
            return [SeatChoice(seat_id) for seat_id in attrs["seats"]]
        tickets = attrs.get("tickets", [])
        return [SeatChoice(ticket["seat"], ticket["ticket_type"]) for ticket in tickets]

    @property
    def wish(self) -> Wish:
        """What is asked for, once it is known to be well-formed."""
        attrs = self.validated_data
        code = attrs.get("promo_code") or ""
        return Wish(self.choices(attrs), self._best(attrs), attrs["wheelchair_need"], code)

    @staticmethod
    def _best(attrs: dict[str, Any]) -> BestAvailable | None:
        if "best_available" not in attrs:
            return None
        best = attrs["best_available"]
        return BestAvailable(
            seats=best["count"],
            category_id=best.get("category"),
            ticket_type_ids=tuple(best.get("ticket_types", ())),
            wheelchair_places=best.get("wheelchair_places", int(attrs["wheelchair_need"])),
        )


class ReservedShowSerializer(serializers.Serializer[Any]):
    """Where and when to be."""

    id = serializers.IntegerField()
    movie = serializers.CharField(source="movie.title")
    movie_id = serializers.IntegerField()
    cinema = serializers.CharField(source="hall.cinema.name")
    hall = serializers.CharField(source="hall.name")
    starts_at = serializers.SerializerMethodField(
        help_text="With the offset of the cinema's own time zone."
    )
    state = serializers.CharField()

    def get_starts_at(self, show: Any) -> datetime:
        return show.starts_at.astimezone(show.hall.cinema.zone)


class UsedPromotionSerializer(serializers.ModelSerializer[Promotion]):
    """The promo code that made a reservation cheaper."""

    class Meta:
        model = Promotion
        fields = ("code", "name")


class WaitingExchangeSerializer(serializers.Serializer[Any]):
    """Other seats, held until their difference is paid; the present ones stay until then."""

    showtime = ReservedShowSerializer(source="replacement.showtime")
    seats = ReservedSeatSerializer(source="replacement.tickets", many=True)
    total = serializers.SerializerMethodField(help_text="Of the reservation from then on.")
    to_pay = serializers.SerializerMethodField(help_text="See create-checkout-session.")
    expires_at = serializers.DateTimeField(source="replacement.expires_at")

    @extend_schema_field(MoneySerializer)
    def get_total(self, exchange: Exchange) -> Money:
        return money(exchange.replacement.total, exchange.replacement.currency)

    @extend_schema_field(MoneySerializer)
    def get_to_pay(self, exchange: Exchange) -> Money:
        return money(exchange.difference, exchange.replacement.currency)


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """A reservation as its owner sees it."""

    state = serializers.SerializerMethodField(help_text="A hold past its time is expired.")
    showtime = ReservedShowSerializer()
    seats = ReservedSeatSerializer(source="tickets", many=True, read_only=True)
    tickets = serializers.SerializerMethodField(
        help_text="Empty until the reservation is confirmed."
    )
    promotion = UsedPromotionSerializer(read_only=True, allow_null=True)
    discount = serializers.SerializerMethodField(
        help_text="What the promotion takes off all seats together; the total is less it already."
    )
    total = serializers.SerializerMethodField()
    price_rules = serializers.SerializerMethodField(
        help_text="The cinema's rules behind the show's price, as they were at the sale."
    )
    cancellation_policy = PolicyField(read_only=True, help_text="As promised at the sale.")
    cancellation_fee = serializers.SerializerMethodField(
        help_text="What the house keeps of a reservation that was cancelled after it was paid."
    )
    cancellation_reason = serializers.CharField(
        read_only=True, help_text="Why the house cancelled it, in its words; else empty."
    )
    waived = serializers.SerializerMethodField(
        help_text="What the house gave back of the total beside any cancellation."
    )
    exchange = serializers.SerializerMethodField(
        help_text="The exchange that waits to be paid, if there is one."
    )
    server_time = serializers.SerializerMethodField(
        help_text="Count down to expires_at from here: clocks of clients are wrong."
    )

    class Meta:
        model = Reservation
        fields = (
            "id",
            "code",
            "state",
            "showtime",
            "seats",
            "tickets",
            "promotion",
            "discount",
            "total",
            "price_rules",
            "created_at",
            "expires_at",
            "confirmed_at",
            "cancelled_at",
            "cancellation_policy",
            "cancellation_fee",
            "cancellation_reason",
            "waived",
            "exchange",
            "server_time",
        )
        read_only_fields = fields

    @cached_property
    def _at(self) -> datetime:
        return timezone.now()

    @extend_schema_field(serializers.ChoiceField(choices=ReservationState.choices))
    def get_state(self, reservation: Reservation) -> str:
        return reservation.state_at(self._at)

    @extend_schema_field(TicketSerializer(many=True))
    def get_tickets(self, reservation: Reservation) -> Any:
        if reservation.state != ReservationState.CONFIRMED:
            return []
        return TicketSerializer(reservation.tickets.all(), many=True).data

    @extend_schema_field(MoneySerializer)
    def get_discount(self, reservation: Reservation) -> Money:
        discount = sum(ticket.discount for ticket in reservation.tickets.all())
        return money(discount, reservation.currency)

    @extend_schema_field(MoneySerializer)
    def get_total(self, reservation: Reservation) -> Money:
        return money(reservation.total, reservation.currency)

    @extend_schema_field(AppliedRuleSerializer(many=True))
    def get_price_rules(self, reservation: Reservation) -> list[dict[str, Any]]:
        return rules_shown(reservation.price_rules, reservation.currency)

    @extend_schema_field(MoneySerializer)
    def get_cancellation_fee(self, reservation: Reservation) -> Money:
        kept = reservation.less_waived(reservation.cancellation_fee)
        return money(kept, reservation.currency)

    @extend_schema_field(MoneySerializer)
    def get_waived(self, reservation: Reservation) -> Money:
        return money(reservation.waived, reservation.currency)

    @extend_schema_field(WaitingExchangeSerializer(allow_null=True))
    def get_exchange(self, reservation: Reservation) -> Any:
        if reservation.state != ReservationState.CONFIRMED:
            return None
        found = (one for one in reservation.exchanges.all() if one.is_living_at(self._at))
        exchange = next(found, None)
        return WaitingExchangeSerializer(exchange).data if exchange else None

    def get_server_time(self, reservation: Reservation) -> datetime:
        return self._at


# Its fields take longer to build than to fill: one serves all holds.
_shape = ReservationSerializer()


def held(reservation: Reservation, *, at: datetime) -> dict[str, Any]:
    """A new hold as its owner sees it at that instant."""
    seen = {"state": reservation.state_at(at), "server_time": at}
    return _shape.to_representation(reservation) | seen


@extend_schema_serializer(examples=[examples.QUOTE])
class CancellationQuoteSerializer(serializers.Serializer[Any]):
    """What cancelling would cost at this moment.

    By the policy that was promised at the sale. Once paid, the total is the sum of the other
    amounts.
    """

    total = MoneySerializer()
    waived = MoneySerializer(help_text="What the house gave up of it before, sent or on its way.")
    fee = MoneySerializer(help_text="What the house keeps of a paid reservation.")
    refund = MoneySerializer(
        help_text="What is then owed back by the policy; nothing of a hold that is not paid for. "
        "What went back already in another way comes off what is sent."
    )
    server_time = serializers.DateTimeField()
