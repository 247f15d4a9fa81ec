"""Which seats of a show are free, and what each costs."""

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Min
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.api.caching import SharedReads
from cinema_reservation.api.hot import HotReads, Version
from cinema_reservation.api.pagination import Pages
from cinema_reservation.money import Money, money
from reservation import edition, facts
from reservation.api.fields import IdField, MoneySerializer
from reservation.models import Reservation, Seat, ShowTime, Ticket, TicketType
from reservation.rules import pricing

# Digits of the largest id that a database holds.
LONGEST_ID = 18
KEEP_SEATS_SECONDS = 60
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
            show_price=self.context["show_price"],
            surcharge=seat.category.surcharge,
            percentage=self.context["percentage"],
        )
        return money(amount, settings.CURRENCY)


def all_seats(show: ShowTime, edition_number: int) -> list[dict[str, Any]]:
    """Every seat of a show, priced, in the order of the plan; kept as long as its edition.

    The show's hall and cinema are loaded.
    """
    key = f"seats:{edition_number}:{show.pk}"
    kept: list[dict[str, Any]] | None = cache.get(key)
    if kept is None:
        default = TicketType.objects.filter(is_default=True).first()
        percentage = 100 if default is None else default.percentage
        seats = Seat.objects.in_use().filter(hall=show.hall_id).select_related("category")
        price = facts.price_of(show, edition_number=edition_number)
        context = {"show_price": price.amount, "percentage": percentage}
        kept = [
            dict(row)
            for row in FreeSeatSerializer(
                seats.order_by("y", "x", "pk"), many=True, context=context
            ).data
        ]
        cache.set(key, kept, timeout=KEEP_SEATS_SECONDS)
    return kept


def taken_seats(show: ShowTime, edition_number: int, at: datetime) -> set[int]:
    """The ids of the seats that somebody holds or bought, or the house keeps, at that instant."""
    tickets = Ticket.objects.taking_seats(at).filter(showtime=show).order_by()
    blocks = facts.blocks_of(show.pk, edition_number=edition_number)
    blocked = {block.seat_id for block in blocks if block.is_in_force(at)}
    return blocked | set(tickets.values_list("seat_id", flat=True))


def free_seats(show: ShowTime, edition_number: int, at: datetime) -> list[dict[str, Any]]:
    """The seats of a show that are nobody's at that instant; none once sales closed.

    Before sales open they are there to be looked at.
    """
    if not show.is_open_at(at):
        return []
    taken = taken_seats(show, edition_number, at)
    return [seat for seat in all_seats(show, edition_number) if seat["id"] not in taken]


def unchanged_until(show: ShowTime, edition_number: int, at: datetime) -> datetime | None:
    """When a hold runs out, a house seat is released, or sales close, if nothing else happens."""
    holds = Reservation.objects.holding(at).filter(showtime=show).order_by()
    ends = [holds.aggregate(end=Min("expires_at"))["end"], show.sales_close_at]
    ends += [block.release_at for block in facts.blocks_of(show.pk, edition_number=edition_number)]
    return min((end for end in ends if end and end > at), default=None)


class AvailableSeatsViewSet(HotReads, SharedReads, viewsets.GenericViewSet[Seat]):
    """The free seats of one show: the same for everybody, whoever asks."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    heeds_tokens = False
    serializer_class = FreeSeatSerializer
    pagination_class = HallPages
    filter_backends = ()
    queryset = Seat.objects.none()

    def asks_version(self, request: HttpRequest) -> Version | None:
        show_id = request.GET.get("showtime", "")
        is_id = show_id.isascii() and show_id.isdecimal() and len(show_id) <= LONGEST_ID
        return partial(edition.of_seats, int(show_id)) if is_id else None

    @cached_property
    def edition_number(self) -> int:
        number: int = self.version[0] if self.version else edition.current()
        return number

    def true_until(self, at: datetime) -> datetime:
        latest = super().true_until(at)
        return min(latest, unchanged_until(self.show, self.edition_number, at) or latest)

    @extend_schema(
        tags=["Booking"],
        summary="Free seats of a show",
        description=(
            "Every seat that nobody has, with its price. Seats of holds that ran out are "
            "among them at that very instant, and so are house seats when they are released. A "
            "show whose sales have closed, or that was cancelled, has none; one whose sales are "
            "yet to open shows them, and sells them from its `sales_open_at` on. Wheelchair "
            "places and those of companions are among them: their `kind` says so, and until "
            "the show's `accessible_released_at` they are sold with `wheelchair_need` only. "
            "Ask again with `If-None-Match` to get a 304 while nothing has changed."
        ),
        parameters=[ShowQuery],
        examples=[OpenApiExample("A free VIP seat", value=FREE_SEAT, response_only=True)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query = ShowQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        shows = ShowTime.objects.select_related("hall__cinema")
        self.show = get_object_or_404(shows, pk=query.validated_data["showtime"])
        free = free_seats(self.show, self.edition_number, timezone.now())
        return self.get_paginated_response(self.paginate_queryset(free))
