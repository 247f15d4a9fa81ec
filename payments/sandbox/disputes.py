"""Disputes: a buyer's bank takes the money back and asks questions later."""

from payments.sandbox import events
from payments.sandbox.account import Account
from payments.sandbox.errors import RefusedError
from payments.sandbox.objects import StripeObject, new_id


def open_dispute(
    account: Account, charge_or_intent: str, *, amount: int | None, reason: str
) -> StripeObject:
    """Dispute a charge, named by its id or its payment intent's; `None` is all of it.

    Raises `RefusedError` if there is no such charge or it is disputed already.
    """
    with account.store.transaction():
        charge = _charge(account, charge_or_intent)
        if charge["disputed"]:
            raise RefusedError(f"Charge {charge['id']} is disputed already.")
        dispute = _dispute(account, charge, amount or charge["amount"], reason)
        charge["disputed"] = True
        account.store.save(charge)
        account.store.add(dispute)
        events.record(account, "charge.dispute.created", dispute)
        return dispute


def close(account: Account, dispute_id: str, *, won: bool) -> StripeObject:
    """The bank decides. Raises `RefusedError` if it has decided already."""
    with account.store.transaction():
        dispute = account.get("dispute", dispute_id)
        if dispute["status"] in ("won", "lost"):
            raise RefusedError(f"This dispute is {dispute['status']} already.")
        dispute["status"] = "won" if won else "lost"
        account.store.save(dispute)
        events.record(account, "charge.dispute.closed", dispute)
        return dispute


def _charge(account: Account, charge_or_intent: str) -> StripeObject:
    if charge_or_intent.startswith("pi_"):
        intent = account.get("payment_intent", charge_or_intent)
        charge_or_intent = intent["latest_charge"]
    return account.get("charge", charge_or_intent)


def _dispute(account: Account, charge: StripeObject, amount: int, reason: str) -> StripeObject:
    return {
        "id": new_id("dp_"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.clock.now(),
        "currency": charge["currency"],
        "evidence": {},
        "evidence_details": {"has_evidence": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "needs_response",
    }
