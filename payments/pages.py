"""The pages that a customer comes back to from Stripe: HTML for people, JSON when asked."""

import re
import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cinema_reservation.errors import DomainError, ServiceUnavailable
from cinema_reservation.money import money
from payments.models import Payment
from payments.serializers import PaymentReturnSerializer
from payments.status import bring_up_to_date, standing
from reservation.models import Reservation, ReservationState

SESSION_ID = re.compile(r"cs_\w{1,250}", re.ASCII)


class UnknownPayment(DomainError):
    status = 404
    code = "not_found"
    sentence = "We know no such payment. Open the link again from where you paid."


class PageRenderer(TemplateHTMLRenderer):
    """The page, also where the answer is an error."""

    def get_template_context(self, data: Any, renderer_context: Any) -> dict[str, Any]:
        return {"page": data, "status_code": renderer_context["response"].status_code}

    def get_exception_template(self, response: Any) -> Any:
        name = "unknown" if response.status_code == 404 else "trouble"
        return self.resolve_template([f"payments/{name}.html"])


@method_decorator(cache_control(private=True, no_store=True), name="dispatch")
class ReturnViewSet(viewsets.ViewSet):
    """Success and cancel. The address carries an id that only the payer was given.

    What they show is what we know, never what the address claims: whoever opens the success
    page without having paid reads that nothing was paid.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    refusals: ClassVar = {"success": (UnknownPayment,), "cancel": (UnknownPayment,)}
    # Asked for its OPTIONS, a page would have no template to tell them with.
    http_method_names = ("get", "head")
    # HTML first: it is for browsers, which ask for it; `*/*` gets it too.
    renderer_classes = (PageRenderer, JSONRenderer)

    @extend_schema(
        tags=["Payment"],
        summary="The page after paying",
        description="For browsers, sent here by Stripe. JSON with `Accept: application/json`.",
        parameters=[OpenApiParameter("session_id", required=True)],
        responses={
            (200, "application/json"): PaymentReturnSerializer,
            (200, "text/html"): OpenApiTypes.STR,
        },
    )
    def success(self, request: Request) -> Response:
        session_id = request.query_params.get("session_id", "")
        if not SESSION_ID.fullmatch(session_id):
            raise UnknownPayment
        payment = _find(session_id=session_id)
        at = timezone.now()
        try:
            bring_up_to_date(payment.reservation, at=at)
        except ServiceUnavailable:
            # The page says what we know; the webhook or the worker will know more soon.
            pass
        return Response(_page(payment, at), template_name="payments/success.html")

    @extend_schema(
        tags=["Payment"],
        summary="The page after leaving without paying",
        description="For browsers, sent here by Stripe. JSON with `Accept: application/json`.",
        parameters=[OpenApiParameter("payment", OpenApiTypes.UUID, required=True)],
        responses={
            (200, "application/json"): PaymentReturnSerializer,
            (200, "text/html"): OpenApiTypes.STR,
        },
    )
    def cancel(self, request: Request) -> Response:
        payment = _find(pk=_uuid(request.query_params.get("payment", "")))
        return Response(_page(payment, timezone.now()), template_name="payments/cancel.html")


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UnknownPayment from None


def _find(**which: Any) -> Payment:
    related = "reservation__showtime__movie", "reservation__showtime__hall__cinema"
    payment = Payment.objects.select_related(*related).filter(**which).first()
    if payment is None:
        raise UnknownPayment
    return payment


def _page(payment: Payment, at: datetime) -> dict[str, Any]:
    """Few facts: the address may be shared, and it names no person."""
    reservation = Reservation.objects.get(pk=payment.reservation_id)
    show = payment.reservation.showtime
    zone = show.hall.cinema.zone
    stands = standing(reservation, at=at)
    holding = reservation.state_at(at) == ReservationState.HELD
    return {
        "code": reservation.code,
        "reservation_state": reservation.state_at(at),
        "status": str(stands.status),
        "movie": show.movie.title,
        "cinema": show.hall.cinema.name,
        "hall": show.hall.name,
        "starts_at": show.starts_at.astimezone(zone),
        "seats": [t.seat.label for t in reservation.tickets.select_related("seat")],
        "total": money(reservation.total, reservation.currency),
        "held_until": reservation.expires_at.astimezone(zone) if holding else None,
        "checkout_url": stands.checkout_url,
    }
