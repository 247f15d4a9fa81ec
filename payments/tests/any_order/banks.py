"""What banks do."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from payments.tests.any_order.machine import Machine, part, which
from payments.tests.any_order.world import nth


class Banks(Machine):
    """They decide late on payments, refunds and disputes."""

    @precondition(lambda self: self.books.charges_in("pending"))
    @rule(number=which, succeeded=st.booleans())
    def bank_decides_on_payment(self, number: int, succeeded: bool) -> None:
        intent = nth(self.books.charges_in("pending"), number)["payment_intent"]
        session = next(s for s in self.books.sessions if s["payment_intent"] == intent)
        self.attempt(self.stripe.settle_later, session_id=session["id"], succeeded=succeeded)

    @precondition(lambda self: self.has("refunds"))
    @rule(number=which, succeeded=st.booleans())
    def bank_decides_on_refund(self, number: int, succeeded: bool) -> None:
        pending = [refund for refund in self.books.refunds if refund["status"] == "pending"]
        self.decide_on_refund(nth(pending or self.books.refunds, number), succeeded)

    def decide_on_refund(self, refund: dict[str, Any], succeeded: bool) -> None:
        verb = self.stripe.succeed_refund if succeeded else self.stripe.fail_refund
        self.attempt(verb, refund_id=refund["id"])

    @initialize(pending=st.booleans())
    def refunds_are_quick_or_slow(self, pending: bool) -> None:
        self.stripe.refunds_stay_pending(pending=pending)

    @precondition(lambda self: self.books.charges_in("succeeded"))
    @rule(number=which, amount=part, inquiry=st.booleans())
    def bank_disputes(self, number: int, amount: int | None, inquiry: bool) -> None:
        charge = nth(self.books.charges_in("succeeded"), number)
        self.dispute(charge, amount, inquiry=inquiry)

    def dispute(self, charge: dict[str, Any], amount: int | None, *, inquiry: bool) -> None:
        facts = {"charge_or_payment_intent": charge["id"], "amount": amount, "inquiry": inquiry}
        self.attempt(self.stripe.dispute, **facts)

    @precondition(lambda self: self.has("disputes"))
    @rule(number=which, end=st.sampled_from(["won", "lost", "escalated"]))
    def bank_decides_on_dispute(self, number: int, end: str) -> None:
        dispute_id = nth(self.books.disputes, number)["id"]
        if end == "escalated":
            self.attempt(self.stripe.escalate_dispute, dispute_id=dispute_id)
        else:
            self.attempt(self.stripe.close_dispute, dispute_id=dispute_id, won=end == "won")
