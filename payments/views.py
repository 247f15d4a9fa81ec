"""Pay, come back from paying, ask how the money stands; and Stripe's post box."""

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.money import money
from payments import asking, checkout, examples, gateway, webhook
from payments.serializers import CheckoutSerializer, PaymentStatusSerializer
from payments.status import bring_up_to_date, standing
from reservation import errors
from reservation.models import Reservation

MAX_WEBHOOK_BYTES = 256 * 1024
private = method_decorator(cache_control(private=True, no_store=True), name="dispatch")


class OwnReservations(viewsets.GenericViewSet[Reservation]):
    """Views of whoever asks on one of their own reservations; others' do not exist."""

    permission_classes = (IsAuthenticated,)
    pagination_class = None
    filter_backends = ()
    queryset = Reservation.objects.none()
    lookup_url_kwarg = "reservation_id"

    def get_queryset(self) -> QuerySet[Reservation]:
        return Reservation.objects.of(self.request.user.pk)


@private
class CheckoutViewSet(OwnReservations):
    serializer_class = CheckoutSerializer
    refusals: ClassVar = {
        "open": (
            errors.HoldExpired,
            errors.AlreadyConfirmed,
            errors.ReservationCancelled,
            errors.ShowCancelled,
            errors.ExchangeLapsed,
            asking.MoneyMissing,
            checkout.HoldEndsTooSoon,
            checkout.PaymentProcessing,
            gateway.StripeRefused,
            gateway.StripeUnavailable,
        )
    }

    @extend_schema(
        tags=["Payment"],
        summary="Open the payment page of a reservation",
        description=(
            "Send the customer to `checkout_url`. Asking again gives the same page while it is "
            "open. The hold is prolonged, once, so that there is time to pay. A reservation "
            "that costs nothing is confirmed at once and has no page. Of a confirmed reservation "
            "with an `exchange` that waits, it is the page for the difference. GET does the same "
            "as POST, for plain links."
        ),
        request=None,
        responses=CheckoutSerializer,
        examples=[examples.CHECKOUT],
    )
    def open(self, request: Request, reservation_id: int) -> Response:
        reservation = self.get_object()
        payment = checkout.open_checkout(reservation_id=reservation.pk, at=timezone.now())
        shape = {
            "checkout_url": payment.checkout_url if payment else None,
            "session_id": payment.session_id if payment else None,
            "expires_at": payment.expires_at if payment else None,
        }
        return Response(self.get_serializer(shape).data)


@private
class PaymentStatusViewSet(OwnReservations):
    serializer_class = PaymentStatusSerializer
    refusals: ClassVar = {"retrieve": (gateway.StripeUnavailable,)}

    @extend_schema(
        tags=["Payment"],
        summary="How the money of a reservation stands",
        description=(
            "Poll this after the customer came back from the payment page, every few seconds. "
            "`paid` together with `reservation_state: confirmed` means that the seats are theirs."
        ),
        examples=[examples.STATUS],
    )
    def retrieve(self, request: Request, reservation_id: int) -> Response:
        at = timezone.now()
        bring_up_to_date(self.get_object(), at=at)
        return Response(self.get_serializer(_status_of(self.get_object(), at)).data)


def _status_of(reservation: Reservation, at: datetime) -> dict[str, Any]:
    stands = standing(reservation, at=at)
    amounts = {
        "total": reservation.total,
        "paid": stands.paid,
        "refunded": stands.refunded,
        "refunding": stands.refunding,
    }
    return {
        "reservation": reservation.pk,
        "code": reservation.code,
        "reservation_state": reservation.state_at(at),
        "status": stands.status,
        "checkout_url": stands.checkout_url,
    } | {name: money(amount, reservation.currency) for name, amount in amounts.items()}


class WebhookViewSet(viewsets.ViewSet):
    """Stripe's post box: no login, no throttle, no cookie; the signature is the guard."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def receive(self, request: Request) -> Response:
        signature = request.headers.get("Stripe-Signature", "")
        event = gateway.verified_event(_raw_body(request), signature)
        record = webhook.receive(event, at=timezone.now())
        return Response({"received": True, "outcome": record.outcome})


def _raw_body(request: Request) -> bytes:
    """The body as Stripe signed it. Raises `NotFromStripe` for more than Stripe ever sends."""
    body = request._request.read(MAX_WEBHOOK_BYTES + 1)
    if len(body) > MAX_WEBHOOK_BYTES:
        raise gateway.NotFromStripe
    return body
