"""What of a show's plan is not free, and what the rest costs: as data, and as a picture."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.http import Http404, HttpRequest
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.api.caching import SharedReads
from cinema_reservation.api.hot import HotReads, Version
from cinema_reservation.money import money, written
from reservation import edition, facts, plan_history, seat_states
from reservation.api.fields import MoneySerializer
from reservation.api.plan_serializers import plan_url
from reservation.facts import Facts
from reservation.models import SeatCategory, ShowTime, TicketType
from reservation.rules import plan, pricing
from reservation.seat_states import SeatState, SeatStates

# Digits of the largest id that a database holds.
LONGEST_ID = 18
SHOW_ID = OpenApiParameter("show_id", int, "path", description="Id of a show.")


class SalesState(TextChoices):
    AWAITED = "awaited", "Sales have not begun"
    OPEN = "open", "Seats are sold"
    CLOSED = "closed", "Sales have closed"
    CANCELLED = "cancelled", "The show was cancelled"


AVAILABILITY = {
    "showtime": 18,
    "hall": 2,
    "plan_version": 5,
    "plan_url": "http://localhost:8000/api/halls/2/plan/?version=5",
    "sales_state": "open",
    "sales_open_at": None,
    "sales_close_at": "2027-05-14T20:15:00+02:00",
    "forbids_lonely_seats": True,
    "accessible_released_at": "2027-05-14T19:45:00+02:00",
    "not_free": {"412": "sold", "413": "held", "9": "blocked"},
    "ticket_types": [{"id": 1, "name": "Adult", "percentage": 100, "is_default": True}],
    "prices": [
        {"category": 2, "ticket_type": 1, "price": {"amount": 1650, "currency": "usd"}},
    ],
}


class OfferedTicketTypeSerializer(serializers.ModelSerializer[TicketType]):
    class Meta:
        model = TicketType
        fields = ("id", "name", "percentage", "is_default")


class PriceSerializer(serializers.Serializer[Any]):
    """What a seat of that category costs somebody of that ticket type."""

    category = serializers.IntegerField(help_text="Id of a category of the plan.")
    ticket_type = serializers.IntegerField()
    price = MoneySerializer()


@extend_schema_field({"type": "object", "additionalProperties": {"enum": SeatState.values}})
class StatesField(serializers.DictField):
    """Seats by their ids."""


class AvailabilitySerializer(serializers.Serializer[Any]):
    """What changes about a show's seats; the rest is in its plan."""

    showtime = serializers.IntegerField()
    hall = serializers.IntegerField()
    plan_version = serializers.IntegerField()
    plan_url = serializers.URLField()
    sales_state = serializers.ChoiceField(choices=SalesState.choices)
    sales_open_at = serializers.DateTimeField(
        allow_null=True, help_text="From when on seats are sold; `null`: they always were."
    )
    sales_close_at = serializers.DateTimeField()
    forbids_lonely_seats = serializers.BooleanField(
        help_text="Whether a choice may not leave a single free seat between taken ones."
    )
    accessible_released_at = serializers.DateTimeField(
        allow_null=True,
        help_text=(
            "Until then wheelchair places and those of companions are sold with "
            "`wheelchair_need` only; `null`: always."
        ),
    )
    not_free = StatesField(
        help_text="What is not free, by the id of the seat. Every other seat of the plan is."
    )
    ticket_types = OfferedTicketTypeSerializer(many=True)
    prices = PriceSerializer(many=True)


def prices_of(known: Facts) -> Iterator[tuple[SeatCategory, TicketType, int]]:
    """What each category costs each ticket type at a show, in minor units."""
    for category in _categories(known):
        for ticket_type in known.ticket_types.values():
            amount = pricing.ticket_price(
                show_price=known.show_price.amount,
                surcharge=category.surcharge,
                percentage=ticket_type.percentage,
            )
            yield category, ticket_type, amount


def _categories(known: Facts) -> Iterable[SeatCategory]:
    categories = {seat.category_id: seat.category for seat in known.seats.values()}
    return sorted(categories.values(), key=lambda category: category.pk)


def local_time(show: ShowTime, at: datetime | None) -> str | None:
    """An instant by the clocks of the show's cinema."""
    return at.astimezone(show.hall.cinema.zone).isoformat() if at else None


def sales_state(show: ShowTime, at: datetime) -> SalesState:
    """Whether seats are sold at that instant, and if not, why."""
    if show.is_cancelled:
        return SalesState.CANCELLED
    if show.is_awaited_at(at):
        return SalesState.AWAITED
    return SalesState.OPEN if show.sells_at(at) else SalesState.CLOSED


class OfOneShow(HotReads, SharedReads, viewsets.ViewSet):
    """Reads about the seats of one show, the same for everybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    heeds_tokens = False

    show: ShowTime
    known: Facts
    taken: SeatStates

    def asks_version(self, request: HttpRequest) -> Version | None:
        show_id = self.kwargs["show_id"]
        return partial(edition.of_seats, int(show_id)) if len(show_id) <= LONGEST_ID else None

    @property
    def edition_number(self) -> int | None:
        number: int | None = self.version[0] if self.version else None
        return number

    def true_until(self, at: datetime) -> datetime:
        show = self.show
        turns = [super().true_until(at), self.taken.until, show.sales_open_at, show.sales_close_at]
        return min(turn for turn in turns if turn is not None and turn > at)

    def look(self, at: datetime) -> None:
        """Find the show and what is not free of it. Raises `Http404`."""
        number = self.edition_number
        found = None if number is None else facts.for_readers(int(self.kwargs["show_id"]), number)
        if found is None:
            raise Http404
        self.show, self.known = found
        self.taken = seat_states.not_free(self.show, at, blocks=self.known.blocks)


class AvailabilityViewSet(OfOneShow):
    serializer_class = AvailabilitySerializer

    @extend_schema(
        operation_id="show_times_availability_retrieve",
        tags=["Booking"],
        summary="What of a show is not free, and prices",
        description=(
            "With the hall's plan (`plan_url`, which never changes) all that it takes to draw "
            "the seats of a show. Seats of holds that ran out are free at that very instant. "
            "Where `sales_state` is not `open`, none can be held. Ask again with "
            "`If-None-Match` to get a 304 while nothing has changed; the `Date` header has the "
            "server's time. For a seat's price, look for its category and a ticket type."
        ),
        parameters=[SHOW_ID],
        responses=AvailabilitySerializer,
        examples=[OpenApiExample("Two seats are not free", AVAILABILITY, response_only=True)],
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        at = timezone.now()
        self.look(at)
        show, known = self.show, self.known
        currency = settings.CURRENCY
        return Response(
            {
                "showtime": show.pk,
                "hall": show.hall_id,
                "plan_version": show.hall.plan_version,
                "plan_url": plan_url(show.hall, request),
                "sales_state": sales_state(show, at),
                "sales_open_at": local_time(show, show.sales_open_at),
                "sales_close_at": local_time(show, show.sales_close_at),
                "forbids_lonely_seats": show.forbids_lonely_seats,
                "accessible_released_at": local_time(show, show.accessible_released_at),
                "not_free": {str(pk): state for pk, state in self.taken.states.items()},
                "ticket_types": OfferedTicketTypeSerializer(
                    list(known.ticket_types.values()), many=True
                ).data,
                "prices": [
                    {
                        "category": category.pk,
                        "ticket_type": ticket_type.pk,
                        "price": money(amount, currency),
                    }
                    for category, ticket_type, amount in prices_of(known)
                ],
            }
        )


class SvgRenderer(BaseRenderer):
    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return str(data).encode()


class SeatMapViewSet(OfOneShow):
    renderer_classes = (SvgRenderer,)

    def handle_exception(self, exc: Exception) -> Response:
        # An error is no picture.
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    @extend_schema(
        operation_id="show_times_seat_map_retrieve",
        tags=["Booking"],
        summary="A picture of a show's seats",
        description=(
            "SVG, legible from a width of 360 pixels on: the screen, rows, categories by their "
            "colours with the price of the default ticket type, accessible places, and what is "
            "not free in grey. Each seat says in a `<title>` what it is."
        ),
        parameters=[SHOW_ID],
        responses={(200, "image/svg+xml"): OpenApiTypes.STR},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.look(timezone.now())
        seats, states = self.known.seats, self.taken.states
        shown = plan_history.snapshot(seats.values())
        dressing = plan.Dressing(
            title=f"{self.show.movie.title}, {self.show.hall.name}: seats",
            colours=shown.colours,
            prices={
                category.name: written(amount, settings.CURRENCY)
                for category, ticket_type, amount in prices_of(self.known)
                if ticket_type.is_default
            },
            states={
                seats[pk].label: state.label.lower() for pk, state in states.items() if pk in seats
            },
        )
        picture = plan.draw(shown.plan, dressing)
        # Texts in it are escaped. Should one ever not be, it runs nothing all the same.
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return Response(picture, headers={"Content-Security-Policy": policy})
