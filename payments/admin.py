"""The ledgers at the desk: to be read by everybody who may, written by nobody."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import TabularInline

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.errors import DomainError
from cinema_reservation.money import written
from payments import checkout, gateway
from payments.models import Payment, Refund, RefundState, WebhookEvent
from reservation.admin.booking import ReservationAdmin
from reservation.models import Reservation


def universal(moment: datetime | None) -> str:
    """A moment of the ledger. Stripe has no local time, and neither has money."""
    return f"{moment.astimezone(UTC):%a %d %b %Y %H:%M:%S}" if moment else "-"


# Each is a question over the network, and somebody waits for the page.
MOST_TO_ASK = 20


class LedgerInline(TabularInline):
    """Rows of a ledger on the page of what they are about."""

    extra = max_num = 0
    can_delete = False
    show_change_link = True

    @admin.display(description="Created (UTC)")
    def created(self, row: Any) -> str:
        return universal(row.created_at)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LedgerAdmin(ReadOnlyAdmin):
    @admin.display(description="Created (UTC)", ordering="created_at")
    def created(self, row: Any) -> str:
        return universal(row.created_at)

    @admin.display(description="Stripe was asked about it (UTC)", ordering="looked_at")
    def looked(self, row: Any) -> str:
        return universal(row.looked_at)


class RefundInline(LedgerInline):
    model = Refund
    fields = readonly_fields = ("amount_written", "state", "reason", "created", "stripe_id")

    @admin.display(description="Amount")
    def amount_written(self, refund: Refund) -> str:
        return written(refund.amount, refund.payment.currency)


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
    list_filter = ("state", "created_at")
    list_select_related = ("reservation__user",)
    search_fields = (
        "reservation__code",
        "reservation__user__email",
        "=session_id",
        "=payment_intent_id",
    )
    search_help_text = "Look for a reservation's code, an e-mail address or an id of Stripe's"
    date_hierarchy = "created_at"
    inlines = (RefundInline,)
    actions = ("ask_stripe",)
    fieldsets = (
        (None, {"fields": ("reservation", "customer", "state")}),
        ("Money", {"fields": ("asked_for", "received", "refunded")}),
        ("Dates (UTC)", {"fields": ("created", "page_closes", "looked")}),
        ("At Stripe", {"fields": ("session_id", "payment_intent_id")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        counting = ~Q(refunds__state=RefundState.FAILED)
        payments = super().get_queryset(request).select_related("reservation__user")
        return payments.annotate(
            refunded_amount=Coalesce(Sum("refunds__amount", filter=counting), 0)
        )

    @admin.display(description="Customer", ordering="reservation__user__email")
    def customer(self, payment: Payment) -> str:
        user = payment.reservation.user
        return user.email if user else "Box office"

    @admin.display(description="Asked for", ordering="amount")
    def asked_for(self, payment: Payment) -> str:
        return written(payment.amount, payment.currency)

    @admin.display(description="Received", ordering="amount_received")
    def received(self, payment: Payment) -> str:
        return written(payment.amount_received, payment.currency)

    @admin.display(description="Refunded", ordering="refunded_amount")
    def refunded(self, payment: Any) -> str:
        return written(payment.refunded_amount, payment.currency)

    @admin.display(description="Payment page closes (UTC)")
    def page_closes(self, payment: Payment) -> str:
        return universal(payment.expires_at)

    def has_sync_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_payment")

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
    told = checkout.sync(payment.session_id, at=timezone.now())
    if told is None:
        return messages.ERROR, "Stripe does not know this payment."
    return messages.SUCCESS, f"Stripe says: {told.get_state_display()}."


@admin.register(Refund)
class RefundAdmin(LedgerAdmin):
    list_display = ("reservation", "customer", "amount_written", "state", "reason", "created")
    list_filter = ("state", "created_at")
    search_fields = (
        "payment__reservation__code",
        "payment__reservation__user__email",
        "=stripe_id",
    )
    search_help_text = "Look for a reservation's code, an e-mail address or an id of Stripe's"
    fields = (
        "reservation",
        "customer",
        "payment",
        "amount_written",
        "state",
        "reason",
        "created",
        "failed",
        "looked",
        "stripe_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("payment__reservation__user")

    @admin.display(description="Reservation", ordering="payment__reservation__code")
    def reservation(self, refund: Refund) -> Reservation:
        return refund.payment.reservation

    @admin.display(description="Customer", ordering="payment__reservation__user__email")
    def customer(self, refund: Refund) -> str:
        user = refund.payment.reservation.user
        return user.email if user else "Box office"

    @admin.display(description="Failed (UTC)", ordering="failed_at")
    def failed(self, refund: Refund) -> str:
        return universal(refund.failed_at)

    @admin.display(description="Amount", ordering="amount")
    def amount_written(self, refund: Refund) -> str:
        return written(refund.amount, refund.payment.currency)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = fields = ("type", "stripe_id", "received", "processed", "outcome")
    list_filter = ("type", ("processed_at", admin.EmptyFieldListFilter))
    search_fields = ("=stripe_id", "type")
    search_help_text = "Look for an id of Stripe's or a type"

    @admin.display(description="Received (UTC)", ordering="received_at")
    def received(self, event: WebhookEvent) -> str:
        return universal(event.received_at)

    @admin.display(description="Processed (UTC)", ordering="processed_at")
    def processed(self, event: WebhookEvent) -> str:
        return universal(event.processed_at)


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
