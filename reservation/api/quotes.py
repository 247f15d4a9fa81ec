"""What seats of a show would cost, in the very lines of the sale."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.money import money
from reservation import errors, quoting, sale
from reservation.api import examples
from reservation.api.fields import MAX_ID, MoneySerializer
from reservation.api.price_lines import AppliedRuleSerializer, rules_shown
from reservation.api.reservation_serializers import HoldSerializer
from reservation.api.throttles import QuotesByAddress, guesses_counted
from reservation.promo_errors import PROMO_CODE_REFUSALS
from reservation.quoting import Quoted
from reservation.rules.pricing import Line


class QuoteRequestSerializer(HoldSerializer):
    """One of `seats` (at the default ticket type), `tickets`, `best_available`."""

    showtime = None  # type: ignore[assignment]  # it is in the address


class QuoteLineSerializer(serializers.Serializer[Any]):
    """One ticket: price = (show_price + surcharge) × percentage, rounded half up, once."""

    seat = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    category = serializers.CharField()
    ticket_type = serializers.CharField()
    ticket_type_id = serializers.IntegerField()
    show_price = MoneySerializer()
    surcharge = MoneySerializer(help_text="Of the seat's category.")
    percentage = serializers.IntegerField(help_text="Of the ticket type.")
    price = MoneySerializer()
    discount = MoneySerializer(help_text="What a promotion takes off.")
    due = MoneySerializer(help_text="What is paid for it: the price less the discount.")


class QuoteSerializer(serializers.Serializer[Any]):
    """What these seats cost at this moment. It promises nothing; a hold does."""

    showtime = serializers.IntegerField()
    base_price = MoneySerializer(help_text="Of the show, before the rules of the cinema.")
    price_rules = AppliedRuleSerializer(many=True)
    show_price = MoneySerializer(help_text="Of the show, after these rules.")
    lines = QuoteLineSerializer(many=True)
    subtotal = MoneySerializer(help_text="The sum of the prices.")
    discount = MoneySerializer(help_text="The sum of the discounts.")
    total = MoneySerializer(help_text="The sum of what is due.")
    currency = serializers.CharField()
    server_time = serializers.DateTimeField()


def shown(quoted: Quoted, *, at: datetime) -> dict[str, Any]:
    """A quote made at that instant, as the API shows it."""
    quote, currency = quoted.quote, settings.CURRENCY
    return {
        "showtime": quoted.show.pk,
        "base_price": money(quote.show.base, currency),
        "price_rules": rules_shown(sale.rules_named(quote.show), currency),
        "show_price": money(quote.show.amount, currency),
        "lines": [_line(line, quoted, currency) for line in quote.lines],
        "subtotal": money(quote.subtotal, currency),
        "discount": money(quote.discount, currency),
        "total": money(quote.total, currency),
        "currency": currency,
        "server_time": at,
    }


def _line(line: Line, quoted: Quoted, currency: str) -> dict[str, Any]:
    seat = quoted.known.seats[line.seat_id]
    return {
        "seat": seat.pk,
        "label": seat.label,
        "category": seat.category.name,
        "ticket_type": quoted.known.ticket_types[line.ticket_type_id].name,
        "ticket_type_id": line.ticket_type_id,
        "show_price": money(line.show_price, currency),
        "surcharge": money(line.surcharge, currency),
        "percentage": line.percentage,
        "price": money(line.price, currency),
        "discount": money(line.discount, currency),
        "due": money(line.due, currency),
    }


class ShowQuoteViewSet(viewsets.ViewSet):
    """Prices before the sale, for anyone."""

    permission_classes = (AllowAny,)
    throttle_classes = (QuotesByAddress,)
    serializer_class = QuoteRequestSerializer
    refusals: ClassVar = {
        "create": (
            errors.UnknownSeats,
            errors.UnknownTicketType,
            errors.TooManySeats,
            errors.SeatsTaken,
            errors.NotEnoughSeats,
            errors.WheelchairNeedNotStated,
            errors.CompanionAlone,
            errors.TotalTooSmall,
            errors.SalesNotOpen,
            errors.SalesClosed,
            errors.ShowCancelled,
            *PROMO_CODE_REFUSALS,
        )
    }

    @extend_schema(
        operation_id="show_times_quote_create",
        tags=["Booking"],
        summary="What seats would cost",
        description=(
            "The lines, the discount and the total that holding the same would give at this "
            "moment, to the cent. The body is that of POST /api/reservation/ without "
            "`showtime`. A quote promises nothing and keeps nothing: a moment later the seats "
            "may be taken, or cost something else; what a hold says is promised. It refuses "
            "what a hold would refuse, seats that somebody has among it, whoever asks; but it "
            "looks neither for lonely seats nor at the limits of an account."
        ),
        parameters=[OpenApiParameter("show_id", int, "path", description="Id of a show.")],
        request=QuoteRequestSerializer,
        responses=QuoteSerializer,
        examples=[examples.QUOTE_SEATS, examples.HOLD_BEST_QUOTED, examples.SHOW_QUOTE],
    )
    def create(self, request: Request, show_id: str) -> Response:
        asked = QuoteRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        at = timezone.now()
        with guesses_counted(request, asked.wish.promo_code):
            quoted = _quote(int(show_id), asked, at, user_id=request.user.pk)
        return Response(shown(quoted, at=at))


def _quote(show_id: int, asked: HoldSerializer, at: datetime, *, user_id: int | None) -> Quoted:
    if show_id > MAX_ID:
        raise Http404
    try:
        return quoting.quote(show_id=show_id, wish=asked.wish, at=at, user_id=user_id)
    except errors.UnknownShow as error:
        raise Http404 from error
