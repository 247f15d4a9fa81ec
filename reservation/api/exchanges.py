"""A customer's exchanges: ask what one would come to, ask for it, drop it."""

import json
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from cinema_reservation.api import idempotency
from reservation import errors, exchanging
from reservation.api import examples
from reservation.api.exchange_serializers import (
    ExchangeQuoteSerializer,
    ExchangeRequestSerializer,
    quoted,
)
from reservation.api.reservation_serializers import ReservationSerializer
from reservation.api.reservations import IDEMPOTENCY_KEY, TAG, own_reservations
from reservation.api.throttles import HoldsByAccount, HoldsByAddress
from reservation.choosing import Ruling, settled
from reservation.idempotency import answer_once
from reservation.models import Exchange, Reservation

REFUSALS = (
    errors.UnknownShow,
    errors.UnknownSeats,
    errors.UnknownTicketType,
    errors.TooManySeats,
    errors.SeatsTaken,
    errors.NotEnoughSeats,
    errors.LonelySeats,
    errors.WheelchairNeedNotStated,
    errors.CompanionAlone,
    errors.TooManyHolds,
    errors.TooManySeatsOfShow,
    errors.SalesNotOpen,
    errors.SalesClosed,
    errors.ShowCancelled,
    errors.NotConfirmed,
    errors.HoldExpired,
    errors.ReservationCancelled,
    errors.AlreadyAdmitted,
    errors.ExchangeAfterStart,
    errors.ExchangeClosed,
    errors.DifferenceTooSmall,
    errors.WorthLessThanGivenBack,
)
EXAMPLES = [examples.EXCHANGE, examples.EXCHANGE_SHOW]


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class ExchangeViewSet(viewsets.GenericViewSet[Reservation]):
    """Other seats, or another show, for one's own reservation that is paid for."""

    permission_classes = (IsAuthenticated,)
    pagination_class = None
    filter_backends = ()
    serializer_class = ReservationSerializer
    refusals: ClassVar = {
        "create": (*REFUSALS, errors.IdempotencyKeyReused),
        "quote": REFUSALS,
    }
    queryset = Reservation.objects.none()

    def get_queryset(self) -> QuerySet[Reservation]:
        return own_reservations(self.request.user.pk)

    def get_throttles(self) -> list[BaseThrottle]:
        return [] if self.action == "destroy" else [HoldsByAddress(), HoldsByAccount()]

    @extend_schema(
        tags=TAG,
        summary="Exchange seats",
        description=(
            "Other seats of the same show, or of another one, in place of all seats of the "
            "reservation; name again those to be kept. What costs as much or less takes effect "
            "at once (200), and the difference goes back. What is dearer waits (202): `exchange` "
            "says until when its seats are held and what is to be paid, by way of "
            "`/api/create-checkout-session/{id}/`; the present seats are kept until it is paid, "
            "and for good if it isn't. Asking for others drops an exchange that waits.\n\n"
            "Possible as long as cancelling would cost nothing; later, until sales close, for "
            "seats of the same show that cost no less."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=ExchangeRequestSerializer,
        responses={200: ReservationSerializer, 202: ReservationSerializer},
        examples=[*EXAMPLES, examples.EXCHANGED, examples.EXCHANGE_WAITING],
    )
    def create(self, request: Request, pk: str) -> Response:
        reservation, key = self.get_object(), idempotency.key_of(request)
        asked = self._asked()
        if key is None:
            return _answer(settled(lambda ruling: self._exchange(reservation, asked, ruling)))
        answer, replayed = settled(
            lambda ruling: self._exchange_once(reservation, asked, key, ruling)
        )
        return _answer(json.loads(answer), {"Idempotent-Replayed": "true"} if replayed else None)

    def _asked(self) -> ExchangeRequestSerializer:
        asked = ExchangeRequestSerializer(data=self.request.data)
        asked.is_valid(raise_exception=True)
        return asked

    def _exchange_once(
        self, reservation: Reservation, asked: ExchangeRequestSerializer, key: str, ruling: Ruling
    ) -> tuple[str, bool]:
        """The answer in JSON, and whether it was given before."""
        # A hold, or another reservation, with the same body is another request.
        body = {"exchange": reservation.pk, "for": self.request.data}
        return answer_once(
            user_id=cast("int", self.request.user.pk),
            key=key,
            fingerprint=idempotency.fingerprint(body),
            at=timezone.now(),
            ask=lambda: JSONRenderer().render(self._exchange(reservation, asked, ruling)).decode(),
        )

    def _exchange(
        self, reservation: Reservation, asked: ExchangeRequestSerializer, ruling: Ruling
    ) -> dict[str, Any]:
        self._try(reservation, asked, ruling)
        return dict(self.get_serializer(self.get_object()).data)

    def _try(
        self, reservation: Reservation, asked: ExchangeRequestSerializer, ruling: Ruling
    ) -> Exchange | None:
        return exchanging.exchange_once(
            reservation_id=reservation.pk,
            show_id=asked.validated_data.get("showtime"),
            wish=asked.wish,
            at=timezone.now(),
            ruling=ruling,
        )

    @extend_schema(
        tags=TAG,
        summary="What an exchange would come to now",
        description="To the cent what it comes to if it is asked for now. Nothing is held.",
        request=ExchangeRequestSerializer,
        responses=ExchangeQuoteSerializer,
        examples=[*EXAMPLES, examples.EXCHANGE_QUOTE],
    )
    def quote(self, request: Request, pk: str) -> Response:
        reservation, asked = self.get_object(), self._asked()

        def ask(ruling: Ruling) -> dict[str, Any]:
            return exchanging.foreseen(lambda: self._quoted(reservation, asked, ruling))

        return Response(settled(ask))

    def _quoted(
        self, reservation: Reservation, asked: ExchangeRequestSerializer, ruling: Ruling
    ) -> dict[str, Any]:
        exchange = self._try(reservation, asked, ruling)
        after = exchange.reservation if exchange else reservation
        return quoted(after, exchange, at=timezone.now())

    @extend_schema(
        tags=TAG,
        summary="Drop an exchange that waits",
        description=(
            "Frees the seats that were held for it; the present ones stay. What was paid for it "
            "goes back. Without one that waits nothing happens."
        ),
        responses={204: None},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        exchanging.drop(reservation_id=self.get_object().pk, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _answer(told: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    waits = told["exchange"] is not None
    code = status.HTTP_202_ACCEPTED if waits else status.HTTP_200_OK
    return Response(told, status=code, headers=headers)
