"""A customer's own reservations: hold, look, cancel."""

import json
from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from cinema_reservation.api import idempotency
from cinema_reservation.money import money
from reservation import booking, errors, holding
from reservation.api import examples
from reservation.api.reservation_serializers import (
    CancellationQuoteSerializer,
    HoldSerializer,
    ReservationSerializer,
    held,
)
from reservation.api.throttles import HoldsByAccount, HoldsByAddress, guesses_counted
from reservation.choosing import Ruling, settled
from reservation.idempotency import answer_once
from reservation.models import Exchange, Reservation, ReservationState, Ticket
from reservation.promo_errors import PROMO_CODE_REFUSALS

TAG = ["Booking"]
EXAMPLES = [examples.RESERVATION]
IDEMPOTENCY_KEY = OpenApiParameter(
    idempotency.HEADER,
    location=OpenApiParameter.HEADER,
    description=(
        "Any text of your own, up to 255 characters; a UUID does well. Asking again with the "
        "same key and body within a day gives the first answer and books nothing twice; with "
        "another body it is a 422."
    ),
)


def own_reservations(user_id: int | None) -> QuerySet[Reservation]:
    """Somebody's own, with all that is told of them."""
    tickets = Ticket.objects.select_related("seat__category", "ticket_type")
    show = "showtime__movie", "showtime__hall__cinema"
    replacement = Reservation.objects.select_related(*show).prefetch_related(
        Prefetch("tickets", tickets)
    )
    exchanges = Exchange.objects.waiting().prefetch_related(Prefetch("replacement", replacement))
    return (
        Reservation.objects.of(user_id)
        .select_related(*show, "promotion")
        .prefetch_related(Prefetch("tickets", tickets), Prefetch("exchanges", exchanges))
    )


class ReservationFilter(filters.FilterSet):
    state = filters.ChoiceFilter(
        choices=ReservationState.choices,
        method="in_state",
        help_text="A hold past its time is expired.",
    )

    def in_state(
        self, queryset: QuerySet[Reservation], name: str, value: str
    ) -> QuerySet[Reservation]:
        return queryset.in_state(value, timezone.now())  # type: ignore[attr-defined]


@extend_schema_view(
    list=extend_schema(tags=TAG, summary="Own reservations, newest first", examples=EXAMPLES),
    retrieve=extend_schema(tags=TAG, summary="One own reservation", examples=EXAMPLES),
)
@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class ReservationViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Reservation]
):
    """The reservations of whoever asks; another's id answers like one that does not exist."""

    permission_classes = (IsAuthenticated,)
    serializer_class = ReservationSerializer
    filter_backends = (filters.DjangoFilterBackend,)
    filterset_class = ReservationFilter
    lookup_value_regex = "[0-9]{1,19}"
    refusals: ClassVar = {
        "create": (
            errors.UnknownShow,
            errors.UnknownSeats,
            errors.UnknownTicketType,
            errors.TooManySeats,
            errors.SeatsTaken,
            errors.NotEnoughSeats,
            errors.LonelySeats,
            errors.WheelchairNeedNotStated,
            errors.CompanionAlone,
            errors.TotalTooSmall,
            errors.TooManyHolds,
            errors.TooManySeatsOfShow,
            errors.SalesNotOpen,
            errors.SalesClosed,
            errors.ShowCancelled,
            *PROMO_CODE_REFUSALS,
            errors.IdempotencyKeyReused,
        ),
        "destroy": (errors.HoldExpired, errors.ShowStarted),
        "cancel": (errors.HoldExpired, errors.ShowStarted),
        "quote_cancellation": (
            errors.HoldExpired,
            errors.ReservationCancelled,
            errors.ShowStarted,
        ),
    }
    queryset = Reservation.objects.none()

    def get_queryset(self) -> QuerySet[Reservation]:
        return own_reservations(self.request.user.pk)

    def get_throttles(self) -> list[BaseThrottle]:
        return [HoldsByAddress(), HoldsByAccount()] if self.action == "create" else []

    @extend_schema(
        tags=TAG,
        summary="Hold seats",
        description=(
            "Takes all of the seats, or none, until `expires_at`. Then pay: "
            "`/api/create-checkout-session/{id}/`. Seats that somebody else took meanwhile are "
            "named by a 409 `seats_taken`. With `best_available` the house chooses, among what is "
            "free when this request's turn comes: it fails only where too few seats are left. "
            "Where the show `forbids_lonely_seats`, a choice that would leave a single seat "
            "free is refused by a 409 `lonely_seats`, which says what would do instead; at the "
            "end of a sale, when there is nothing else, it is taken. A `promo_code` that can't be "
            "used refuses the hold with its reason; one that makes it free leaves nothing to pay, "
            "and opening its checkout confirms it at once."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=HoldSerializer,
        responses={201: ReservationSerializer},
        examples=[
            examples.HOLD,
            examples.HOLD_BY_TYPE,
            examples.HOLD_WITH_CODE,
            examples.HOLD_BEST,
            examples.HOLD_ACCESSIBLE,
            examples.LONELY_SEATS,
            examples.RESERVATION,
        ],
    )
    def create(self, request: Request) -> Response:
        key = idempotency.key_of(request)
        asked = HoldSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with guesses_counted(request, asked.wish.promo_code):
            return self._answer(asked, key)

    def _answer(self, asked: HoldSerializer, key: str | None) -> Response:
        if key is None:
            made = settled(lambda ruling: self._hold(asked, ruling, holding.hold_once))
            return Response(made, status=status.HTTP_201_CREATED)
        answer, replayed = settled(lambda ruling: self._hold_once(asked, key, ruling))
        headers = {"Idempotent-Replayed": "true"} if replayed else None
        return Response(json.loads(answer), status=status.HTTP_201_CREATED, headers=headers)

    def _hold_once(self, asked: HoldSerializer, key: str, ruling: Ruling) -> tuple[str, bool]:
        """The answer in JSON, and whether it was given before."""
        return answer_once(
            user_id=cast("int", self.request.user.pk),
            key=key,
            fingerprint=idempotency.fingerprint(self.request.data),
            at=timezone.now(),
            # As it goes over the wire, so that the second answer is the first to the letter.
            ask=lambda: self._answer_within(asked, ruling),
        )

    def _answer_within(self, asked: HoldSerializer, ruling: Ruling) -> str:
        # The key's transaction is the booking's: one within it would be a savepoint for nothing.
        made = self._hold(asked, ruling, holding.hold_within)
        return JSONRenderer().render(made).decode()

    def _hold(
        self, asked: HoldSerializer, ruling: Ruling, hold: Callable[..., Reservation]
    ) -> dict[str, Any]:
        at = timezone.now()
        reservation = hold(
            user_id=self.request.user.pk,
            show_id=asked.validated_data["showtime"],
            wish=asked.wish,
            at=at,
            ruling=ruling,
        )
        return held(reservation, at=at)

    @extend_schema(
        tags=TAG,
        summary="Cancel a reservation",
        description="The same as POST …/cancel/, without an answer's body.",
    )
    def destroy(self, request: Request, pk: str) -> Response:
        booking.cancel(reservation_id=self._own_id(), at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        tags=TAG,
        summary="Cancel a reservation",
        description=(
            "Frees the seats at once. What was paid goes back, less the fee that the "
            "reservation's cancellation policy names; see GET. Cancelling again changes nothing."
        ),
        request=None,
        responses=ReservationSerializer,
        examples=EXAMPLES,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        booking.cancel(reservation_id=self._own_id(), at=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

    def _own_id(self) -> int:
        """The reservation in the address, without all that is told of it. Raises `Http404`."""
        own = Reservation.objects.of(self.request.user.pk).only("pk")
        return get_object_or_404(own, pk=self.kwargs["pk"]).pk

    @extend_schema(
        tags=TAG,
        summary="What cancelling would cost now",
        responses=CancellationQuoteSerializer,
    )
    @cancel.mapping.get
    def quote_cancellation(self, request: Request, pk: str) -> Response:
        reservation, at = self.get_object(), timezone.now()
        fee = reservation.less_waived(booking.cancellation_fee(reservation, at=at))
        is_paid = reservation.state == ReservationState.CONFIRMED
        amounts = {
            "total": reservation.total,
            "waived": reservation.waived,
            "fee": fee,
            "refund": reservation.amount_due - fee if is_paid else 0,
        }
        quote = {name: money(amount, reservation.currency) for name, amount in amounts.items()}
        return Response(CancellationQuoteSerializer(quote | {"server_time": at}).data)
