"""The waiting list of sold-out shows: stand in line, look, leave."""

from datetime import datetime
from typing import Any, ClassVar, cast

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from cinema_reservation.money import Money, money
from reservation import errors, waiting_list
from reservation.api import examples
from reservation.api.fields import MAX_ID, IdField, MoneySerializer
from reservation.api.reservation_serializers import (
    MOST_SEATS_READ,
    CountField,
    ReservedShowSerializer,
)
from reservation.api.throttles import HoldsByAccount, HoldsByAddress
from reservation.models import PlaceInLine, PlaceState, Reservation, SeatCategory

TAG = ["Waiting list"]
PLACES = [examples.PLACE_IN_LINE]


class JoinSerializer(serializers.Serializer[Any]):
    """How many seats, and of which category; of any, without it."""

    seats = CountField(min_value=1, max_value=MOST_SEATS_READ)
    category = IdField(required=False, help_text="See /api/seat_categories/.")


class OfferSerializer(serializers.ModelSerializer[Reservation]):
    """The seats that are kept for whoever waited: a reservation like any other."""

    reservation = serializers.IntegerField(source="pk")
    seats = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = ("reservation", "code", "seats", "total", "expires_at")

    def get_seats(self, offer: Reservation) -> list[str]:
        return [ticket.seat.label for ticket in offer.tickets.all()]

    @extend_schema_field(MoneySerializer)
    def get_total(self, offer: Reservation) -> Money:
        return money(offer.total, offer.currency)


class PlaceInLineSerializer(serializers.ModelSerializer[PlaceInLine]):
    """A place in line as its owner sees it."""

    showtime = ReservedShowSerializer()
    state = serializers.SerializerMethodField()
    position = serializers.SerializerMethodField(
        help_text="1 is next; `null` for who does not wait any more."
    )
    offer = serializers.SerializerMethodField(
        help_text="While it stands: pay for it by create-checkout-session until it expires."
    )
    server_time = serializers.SerializerMethodField()

    class Meta:
        model = PlaceInLine
        fields = (
            "id",
            "showtime",
            "seats",
            "category",
            "joined_at",
            "state",
            "position",
            "offer",
            "server_time",
        )
        # Nor do the ranges of a database's integers belong into what is told.
        read_only_fields = fields

    @cached_property
    def _at(self) -> datetime:
        return timezone.now()

    @extend_schema_field(serializers.ChoiceField(choices=PlaceState.choices))
    def get_state(self, place: PlaceInLine) -> str:
        return place.state_at(self._at)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_position(self, place: PlaceInLine) -> int | None:
        is_waiting = place.state_at(self._at) == PlaceState.WAITING
        return cast("Any", place).before + 1 if is_waiting else None

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_offer(self, place: PlaceInLine) -> Any:
        if place.state_at(self._at) != PlaceState.OFFERED:
            return None
        return OfferSerializer(place.offer).data

    def get_server_time(self, place: PlaceInLine) -> datetime:
        return self._at


def own_places(user_id: int | None) -> QuerySet[PlaceInLine]:
    """Somebody's own, with all that is told of them."""
    earlier = PlaceInLine.objects.waiting().filter(
        showtime=OuterRef("showtime"), pk__lt=OuterRef("pk"), user__is_active=True
    )
    counted = earlier.order_by().values("showtime").annotate(count=Count("pk")).values("count")
    return (
        PlaceInLine.objects.of(user_id)
        .select_related("showtime__movie", "showtime__hall__cinema", "offer")
        .prefetch_related("offer__tickets__seat")
        .annotate(before=Coalesce(Subquery(counted, output_field=IntegerField()), 0))
    )


@extend_schema_view(
    list=extend_schema(tags=TAG, summary="Own places in line, newest first", examples=PLACES),
    retrieve=extend_schema(tags=TAG, summary="One own place in line", examples=PLACES),
)
@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class WaitingListViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PlaceInLine]
):
    """One's own places in line; another's id answers like one that does not exist."""

    permission_classes = (IsAuthenticated,)
    serializer_class = PlaceInLineSerializer
    filter_backends = ()
    lookup_value_regex = "[0-9]{1,19}"
    queryset = PlaceInLine.objects.none()

    def get_queryset(self) -> QuerySet[PlaceInLine]:
        return own_places(self.request.user.pk)

    @extend_schema(
        tags=TAG,
        summary="Leave the line",
        description=(
            "Gives up the place, or the seats that are offered and not paid for: they are the "
            "next one's. What is over, or paid for, stays as it is; cancel what is paid for at "
            "`/api/reservation/{id}/cancel/`."
        ),
    )
    def destroy(self, request: Request, pk: str) -> Response:
        waiting_list.leave(place_id=self.get_object().pk, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class JoinViewSet(viewsets.ViewSet):
    """Stand in line for a show."""

    permission_classes = (IsAuthenticated,)
    serializer_class = JoinSerializer
    refusals: ClassVar = {
        "create": (
            errors.TooManySeats,
            errors.NeverSoManySeats,
            errors.SeatsAvailable,
            errors.AlreadyInLine,
            errors.UnknownCategory,
            errors.TooManySeatsOfShow,
            errors.SalesNotOpen,
            errors.SalesClosed,
            errors.ShowCancelled,
        )
    }

    def get_throttles(self) -> list[BaseThrottle]:
        return [HoldsByAddress(), HoldsByAccount()]

    @extend_schema(
        operation_id="show_times_waiting_list_create",
        tags=TAG,
        summary="Stand in line for a sold-out show",
        description=(
            "When seats come back, whoever was first in line is offered them: a reservation is "
            "held for them, and they are told by mail until when. Where seats suffice for "
            "somebody further back only, it is their turn. An offer that nobody pays for goes "
            "to the next. Nobody else can hold these seats meanwhile; no offers are made once "
            "sales have closed. Where enough seats are free now, it is a 409 `seats_available`."
        ),
        parameters=[OpenApiParameter("show_id", int, "path", description="Id of a show.")],
        request=JoinSerializer,
        responses={201: PlaceInLineSerializer},
        examples=[examples.JOIN, *PLACES],
    )
    def create(self, request: Request, show_id: str) -> Response:
        asked = JoinSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user_id = cast("int", request.user.pk)
        place = _join(int(show_id), user_id, asked.validated_data)
        shown = own_places(user_id).get(pk=place.pk)
        return Response(PlaceInLineSerializer(shown).data, status=status.HTTP_201_CREATED)


def _join(show_id: int, user_id: int, asked: dict[str, Any]) -> PlaceInLine:
    category_id = asked.get("category")
    if show_id > MAX_ID:
        raise Http404
    if category_id is not None and not SeatCategory.objects.filter(pk=category_id).exists():
        raise errors.UnknownCategory
    try:
        return waiting_list.join(
            user_id=user_id,
            show_id=show_id,
            seats=asked["seats"],
            category_id=category_id,
            at=timezone.now(),
        )
    except errors.UnknownShow as error:
        raise Http404 from error
