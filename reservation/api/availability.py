"""Which seats of a show are free, and what each costs."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.api.pagination import Pages
from cinema_reservation.money import Money, money
from reservation.api.fields import IdField, MoneySerializer
from reservation.models import Seat, ShowTime, Ticket, TicketType
from reservation.rules import pricing

FREE_SEAT = {
    "id": 412,
    "row": "H",
    "number": 7,
    "label": "H7",
    "x": 8,
    "y": 9,
    "category": "VIP",
    "kind": "standard",
    "price": {"amount": 1650, "currency": "usd"},
}


class HallPages(Pages):
    """A page that a whole hall fits in."""

    page_size = 1000
    max_page_size = 1000


class ShowQuery(serializers.Serializer[Any]):
    """The query string of a question about one show."""

    showtime = IdField(help_text="The id of a show; see /api/show_times/.")


class FreeSeatSerializer(serializers.ModelSerializer[Seat]):
    """A free seat, with the price of the default ticket type."""

    label = serializers.CharField(read_only=True)  # type: ignore[assignment]
    category = serializers.CharField(source="category.name", read_only=True)
    price = serializers.SerializerMethodField()

    class Meta:
        model = Seat
        fields = ("id", "row", "number", "label", "x", "y", "category", "kind", "price")

    @extend_schema_field(MoneySerializer)
    def get_price(self, seat: Seat) -> Money:
        amount = pricing.ticket_price(
            show_price=self.context["show"].price,
            surcharge=seat.category.surcharge,
            percentage=self.context["percentage"],
        )
        return money(amount, settings.CURRENCY)


def free_seats(show: ShowTime, at: datetime) -> QuerySet[Seat]:
    """The seats of a show that somebody could hold at that instant; none once sales closed."""
    if not show.sells_at(at):
        return Seat.objects.none()
    taken = Ticket.objects.taking_seats(at).filter(showtime=show, seat=OuterRef("pk"))
    return (
        Seat.objects.in_use()
        .filter(~Exists(taken), hall=show.hall_id)
        .select_related("category")
        .order_by("y", "x", "pk")
    )


@method_decorator(cache_control(public=True, no_cache=True), name="dispatch")
class AvailableSeatsViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Seat]):
    """The free seats of one show."""

    permission_classes = (AllowAny,)
    serializer_class = FreeSeatSerializer
    pagination_class = HallPages
    filter_backends = ()
    queryset = Seat.objects.none()

    @extend_schema(
        tags=["Booking"],
        summary="Free seats of a show",
        description=(
            "Every seat that can be held now, with its price. Seats of holds that ran out are "
            "among them at that very instant. A show whose sales have closed, or that was "
            "cancelled, has none. Ask again with `If-None-Match` to get a 304 while nothing "
            "has changed."
        ),
        parameters=[ShowQuery],
        examples=[OpenApiExample("A free VIP seat", value=FREE_SEAT, response_only=True)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = ShowQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        self.show = get_object_or_404(ShowTime, pk=query.validated_data["showtime"])
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Seat]:
        return free_seats(self.show, timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        default = TicketType.objects.filter(is_default=True).first()
        return {
            **super().get_serializer_context(),
            "show": self.show,
            "percentage": 100 if default is None else default.percentage,
        }
