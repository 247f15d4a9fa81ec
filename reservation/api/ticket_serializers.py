"""The shapes of a reservation's tickets: what each costs and why, and whom it admits."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cinema_reservation.money import Money, money
from reservation.api.fields import MoneySerializer
from reservation.models import Ticket


class ReservedSeatSerializer(serializers.ModelSerializer[Ticket]):
    """A seat of a reservation, with the price that was promised."""

    id = serializers.IntegerField(source="seat_id")
    row = serializers.CharField(source="seat.row")
    number = serializers.IntegerField(source="seat.number")
    label = serializers.CharField(source="seat.label")  # type: ignore[assignment]
    category = serializers.CharField(source="seat.category.name")
    kind = serializers.CharField(source="seat.kind")
    ticket_type = serializers.CharField(source="ticket_type.name")
    price = serializers.SerializerMethodField(
        help_text="What is due for it: (show_price + surcharge) × percentage, rounded half up, "
        "less the discount."
    )
    show_price = serializers.SerializerMethodField(
        help_text="Of the show at the sale, by the rules of the cinema. null: not kept."
    )
    surcharge = serializers.SerializerMethodField(
        help_text="Of the seat's category at the sale. null: not kept."
    )
    percentage = serializers.IntegerField(
        allow_null=True, help_text="Of the ticket type at the sale. null: not kept."
    )
    discount = serializers.SerializerMethodField(help_text="What a promotion took off.")

    class Meta:
        model = Ticket
        fields = (
            "id",
            "row",
            "number",
            "label",
            "category",
            "kind",
            "ticket_type",
            "price",
            "show_price",
            "surcharge",
            "percentage",
            "discount",
        )

    @extend_schema_field(MoneySerializer)
    def get_price(self, ticket: Ticket) -> Money:
        return money(ticket.price, ticket.reservation.currency)

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_show_price(self, ticket: Ticket) -> Money | None:
        return _money_if_known(ticket.show_price, ticket)

    @extend_schema_field(MoneySerializer(allow_null=True))
    def get_surcharge(self, ticket: Ticket) -> Money | None:
        return _money_if_known(ticket.surcharge, ticket)

    @extend_schema_field(MoneySerializer)
    def get_discount(self, ticket: Ticket) -> Money:
        return money(ticket.discount, ticket.reservation.currency)


def _money_if_known(amount: int | None, ticket: Ticket) -> Money | None:
    return None if amount is None else money(amount, ticket.reservation.currency)


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    """What admits one person to one seat."""

    seat = serializers.CharField(source="seat.label")
    ticket_type = serializers.CharField(source="ticket_type.name")

    class Meta:
        model = Ticket
        fields = ("id", "seat", "ticket_type", "admitted_at")
