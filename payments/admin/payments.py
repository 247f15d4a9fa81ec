"""Payments at the desk, and on the pages of their reservations."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action as detail_action

from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import checkout, gateway, settlement
from payments.admin import finding
from payments.admin.ledger import (
    SEARCH_HELP,
    DaysFilter,
    LedgerAdmin,
    LedgerInline,
    customer_of,
    universal,
)
from payments.models import Dispute, Payment, Refund, RefundState
from reservation.admin.booking import ReservationAdmin

# Each is a question over the network, and somebody waits for the page.
MOST_TO_ASK = 20


class RefundInline(LedgerInline):
    model = Refund
    fields = readonly_fields = ("amount_written", "state", "reason", "created", "stripe_id")

    @admin.display(description="Amount")
    def amount_written(self, refund: Refund) -> str:
        return written(refund.amount, refund.payment.currency)


class DisputeInline(LedgerInline):
    model = Dispute
    fields = readonly_fields = ("amount_written", "state", "reason", "created", "stripe_id")

    @admin.display(description="Amount")
    def amount_written(self, dispute: Dispute) -> str:
        return written(dispute.amount, dispute.payment.currency)


@admin.register(Payment)
class PaymentAdmin(LedgerAdmin):
    list_display = (
        "reservation",
        "customer",
        "asked_for",
        "received",
        "refunded",
        "state",
        "created",
    )
    list_filter = ("state", ("created_at", DaysFilter))
    list_select_related = ("reservation__user",)
    search_fields = ("reservation__code",)
    search_help_text = SEARCH_HELP
    inlines = (RefundInline, DisputeInline)
    actions = ("ask_stripe",)
    actions_detail = ("ask_stripe_about_this",)
    fieldsets = (
        (None, {"fields": ("reservation", "customer", "state")}),
        ("Money", {"fields": ("asked_for", "received", "refunded")}),
        ("Dates (UTC)", {"fields": ("created", "page_closes", "looked")}),
        ("At Stripe", {"fields": ("session_id", "payment_intent_id")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Sums of the rows that are shown: a GROUP BY would add up those of all payments."""
        refunds = Refund.objects.filter(payment=OuterRef("pk")).exclude(state=RefundState.FAILED)
        total = refunds.order_by().values("payment").values(total=Sum("amount"))
        payments = super().get_queryset(request).select_related("reservation__user")
        return payments.annotate(refunded_amount=Coalesce(Subquery(total), 0))

    def found(self, words: str) -> list[UUID]:
        return finding.payments(words)

    @admin.display(description="Customer")
    def customer(self, payment: Payment) -> str:
        return customer_of(payment.reservation)

    @admin.display(description="Asked for")
    def asked_for(self, payment: Payment) -> str:
        return written(payment.amount, payment.currency)

    @admin.display(description="Received")
    def received(self, payment: Payment) -> str:
        return written(payment.amount_received, payment.currency)

    @admin.display(description="Refunded")
    def refunded(self, payment: Any) -> str:
        return written(payment.refunded_amount, payment.currency)

    @admin.display(description="Payment page closes (UTC)")
    def page_closes(self, payment: Payment) -> str:
        return universal(payment.expires_at)

    def has_sync_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("payments.change_payment")

    @detail_action(description="Ask Stripe about it", permissions=["sync"])
    def ask_stripe_about_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        payment = self.get_object(request, object_id)
        if payment is None:
            return HttpResponseRedirect(reverse("admin:payments_payment_changelist"))
        self.ask_stripe(request, self.get_queryset(request).filter(pk=payment.pk))
        return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))

    @admin.action(description="Ask Stripe about these payments", permissions=["sync"])
    def ask_stripe(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        for payment in queryset[:MOST_TO_ASK]:
            try:
                level, sentence = _ask(payment)
            except gateway.StripeUnavailable as error:
                self.message_user(request, f"{error} Nothing more was asked.", messages.ERROR)
                return
            except DomainError as error:
                level, sentence = messages.ERROR, str(error)
            self.message_user(request, f"{payment.reservation}: {sentence}", level)
        if queryset.count() > MOST_TO_ASK:
            sentence = f"Only {MOST_TO_ASK} are asked about at a time. Select the others again."
            self.message_user(request, sentence, messages.WARNING)


def _ask(payment: Payment) -> tuple[int, str]:
    """What Stripe says about it now, and how serious that is."""
    if not payment.session_id:
        return messages.WARNING, "Stripe has not been told of this payment yet."
    at = timezone.now()
    told = checkout.sync(payment.session_id, at=at)
    if told is None:
        return messages.ERROR, "Stripe does not know this payment."
    if told.payment_intent_id:
        settlement.import_from_stripe(told, at=at)
    return messages.SUCCESS, f"Stripe says: {told.get_state_display()}."


class PaymentInline(LedgerInline):
    model = Payment
    fields = readonly_fields = ("state", "asked_for", "received", "created")

    @admin.display(description="Asked for")
    def asked_for(self, payment: Payment) -> str:
        return written(payment.amount, payment.currency)

    @admin.display(description="Received")
    def received(self, payment: Payment) -> str:
        return written(payment.amount_received, payment.currency)


# The cinema knows nothing of money, so that it is the money that joins the reservation's page.
ReservationAdmin.inlines = [*ReservationAdmin.inlines, PaymentInline]
