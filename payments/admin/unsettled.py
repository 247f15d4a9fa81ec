"""Money that is not at rest, at the desk: what waits, for what, since when."""

from collections.abc import Iterator

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from cinema_reservation.desk import ReadOnlyAdmin
from cinema_reservation.money import written
from payments.admin import finding
from payments.admin.ledger import SEARCH_HELP, customer_of, linked, universal
from payments.models import Payment, PaymentState, RefundState, Unsettled
from payments.models.dispute import UNDECIDED_STATES
from reservation.admin.filters import ReservationStateFilter
from reservation.admin.finding import reservations
from reservation.models import ReservationState


@admin.register(Unsettled)
class UnsettledAdmin(ReadOnlyAdmin):
    list_display = (
        "code",
        "customer",
        "state_now",
        "due",
        "kept",
        "payment_pages",
        "waits_for",
        "looked_at_next",
    )
    list_filter = (ReservationStateFilter,)
    search_fields = ("code",)
    search_help_text = SEARCH_HELP
    fields = list_display
    ordering = ("settle_after", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unsettled]:
        unsettled = super().get_queryset(request).select_related("user")
        return unsettled.prefetch_related("payments__refunds", "payments__disputes")

    def found(self, words: str) -> list[int]:
        paid = Payment.objects.filter(pk__in=finding.payments(words)).order_by()
        theirs = paid.values_list("reservation", flat=True)
        return [*theirs, *reservations(words)]

    @admin.display(description="Customer", ordering="user__email")
    def customer(self, reservation: Unsettled) -> str:
        return customer_of(reservation)

    @admin.display(description="State")
    def state_now(self, reservation: Unsettled) -> str:
        return str(ReservationState(reservation.state_at(timezone.now())).label)

    @admin.display(description="Due")
    def due(self, reservation: Unsettled) -> str:
        return written(reservation.amount_due, reservation.currency)

    @admin.display(description="Kept")
    def kept(self, reservation: Unsettled) -> str:
        kept = sum(payment.kept for payment in reservation.payments.all())
        return written(kept, reservation.currency)

    @admin.display(description="Payments")
    def payment_pages(self, reservation: Unsettled) -> str:
        payments = reservation.payments.all()
        pages = ((linked("payments_payment", p, p.get_state_display()),) for p in payments)
        return format_html_join(", ", "{}", pages) or "-"

    @admin.display(description="Waits for")
    def waits_for(self, reservation: Unsettled) -> str:
        return "; ".join(_reasons(reservation)) or "the worker"

    @admin.display(description="Looked at next (UTC)", ordering="settle_after")
    def looked_at_next(self, reservation: Unsettled) -> str:
        return universal(reservation.settle_after)


def _reasons(reservation: Unsettled) -> Iterator[str]:
    """What keeps its money from rest, in words."""
    for payment in reservation.payments.all():
        if payment.state == PaymentState.PROCESSING:
            yield "the customer's bank"
        for refund in payment.refunds.all():
            if refund.state == RefundState.PENDING:
                amount = written(refund.amount, payment.currency)
                yield f"a refund of {amount} to arrive"
        for dispute in payment.disputes.all():
            if dispute.state in UNDECIDED_STATES:
                yield "a bank to decide a dispute"
        if reservation.settle_after and payment.refund_retry_at == reservation.settle_after:
            yield "another try of a refund that failed"
