"""Refunds at the desk."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cinema_reservation.errors import DomainError
from payments import refunds
from payments.admin.ledger import (
    DaysFilter,
    PaymentMovementAdmin,
    customer_of,
    universal,
)
from payments.models import Refund
from reservation.admin import confirmation
from reservation.admin.confirmation import counted


@admin.register(Refund)
class RefundAdmin(PaymentMovementAdmin):
    list_display = ("reservation", "customer", "amount_written", "state", "reason", "created")
    list_filter = ("state", ("created_at", DaysFilter))
    actions = ("paid_by_other_means",)
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

    @admin.display(description="Failed (UTC)")
    def failed(self, refund: Refund) -> str:
        return universal(refund.failed_at)

    def has_pay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.change_refund")

    @admin.action(description="Paid back by other means", permissions=["pay"])
    def paid_by_other_means(
        self, request: HttpRequest, queryset: QuerySet[Refund]
    ) -> HttpResponse | None:
        """Staff paid customers whose cards take no refund: nothing is tried for them again."""
        if not confirmation.is_confirmed(request):
            return self._ask_whether_paid(request, list(queryset))
        for refund in queryset:
            try:
                note = refunds.paid_by_other_means(refund_id=refund.pk, at=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{refund}: {refusal}", messages.ERROR)
            else:
                self.log_change(request, note, "Noted as paid back by other means")
                self.message_user(request, f"{refund}: noted as paid back.", messages.SUCCESS)
        return None

    def _ask_whether_paid(self, request: HttpRequest, chosen: list[Refund]) -> HttpResponse:
        return confirmation.ask(
            self,
            request,
            action="paid_by_other_means",
            question=f"Were the customers of {counted(len(chosen), 'refund')} paid back by "
            "other means?",
            consequences=[
                "Only for refunds that failed: say yes once the customer has the money.",
                "Nothing is sent through Stripe for them any more.",
                "This can't be undone. It is kept who said so.",
            ],
            headings=["Reservation", "Customer", "Amount", "State"],
            rows=[
                [
                    refund.payment.reservation,
                    customer_of(refund.payment.reservation),
                    self.amount_written(refund),
                    refund.get_state_display(),
                ]
                for refund in chosen
            ],
            selected=[refund.pk for refund in chosen],
            button="Yes, they have it",
        )
