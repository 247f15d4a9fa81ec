"""Disputes: a buyer's bank takes the money back and asks questions later.

An inquiry is the bank asking first; nothing is taken unless it escalates.
https://docs.stripe.com/disputes/how-disputes-work
"""

from payments.sandbox import events
from payments.sandbox.account import Account
from payments.sandbox.errors import RefusedError
from payments.sandbox.objects import StripeObject, new_id

INQUIRY, OPEN = "warning_needs_response", "needs_response"
# Banks give a week or more.
ANSWER_SECONDS = 7 * 24 * 60 * 60
WITHDRAWN, REINSTATED = "dispute", "dispute_reversal"


def open_dispute(
    account: Account, charge_or_intent: str, *, amount: int | None, reason: str, inquiry: bool
) -> StripeObject:
    """Dispute a charge, named by its id or its payment intent's; `None` is all of it.

    Raises `RefusedError` if there is no such charge, if it can't be disputed (any more), or
    for more than was charged.
    """
    with account.store.transaction():
        charge = _charge(account, charge_or_intent)
        amount = charge["amount"] if amount is None else amount
        _check(account, charge, amount)
        dispute = _dispute(account, charge, amount, reason)
        if inquiry:
            dispute.update(status=INQUIRY, is_charge_refundable=True)
        account.store.save(charge | {"disputed": True})
        account.store.add(dispute)
        events.record(account, "charge.dispute.created", dispute)
        if not inquiry:
            _withdraw(account, dispute)
        return dispute


def escalate(account: Account, dispute_id: str) -> StripeObject:
    """The bank takes what it asked about. Raises `RefusedError` if it is no open inquiry."""
    with account.store.transaction():
        dispute = account.get("dispute", dispute_id)
        if dispute["status"] != INQUIRY:
            raise RefusedError(f"This dispute is {dispute['status']}, no open inquiry.")
        charge = account.get("charge", dispute["charge"])
        dispute.update(status=OPEN, is_charge_refundable=dispute["amount"] < charge["amount"])
        events.record(account, "charge.dispute.updated", dispute)
        _withdraw(account, dispute)
        return dispute


def close(account: Account, dispute_id: str, *, won: bool) -> StripeObject:
    """The bank decides. Raises `RefusedError` if it has decided already."""
    with account.store.transaction():
        dispute = account.get("dispute", dispute_id)
        if dispute["status"] not in (INQUIRY, OPEN):
            raise RefusedError(f"This dispute is {dispute['status']} already.")
        if dispute["status"] == INQUIRY and not won:
            dispute = escalate(account, dispute_id)
        _decide(account, dispute, won=won)
        events.record(account, "charge.dispute.closed", dispute)
        return dispute


def withdrawn(account: Account, charge_id: str) -> int:
    """What banks have taken back of a charge and not returned, in minor units."""
    disputes = account.store.select("dispute", ("charge", "=", charge_id))
    return -sum(moved["amount"] for one in disputes for moved in one["balance_transactions"])


def _decide(account: Account, dispute: StripeObject, *, won: bool) -> None:
    if dispute["status"] == INQUIRY:
        dispute["status"] = "warning_closed"
    else:
        dispute["status"] = "won" if won else "lost"
    if dispute["status"] == "won":
        dispute["is_charge_refundable"] = True
        _move(account, dispute, dispute["amount"], REINSTATED)
        events.record(account, "charge.dispute.funds_reinstated", dispute)
    account.store.save(dispute)


def _withdraw(account: Account, dispute: StripeObject) -> None:
    _move(account, dispute, -dispute["amount"], WITHDRAWN)
    account.store.save(dispute)
    events.record(account, "charge.dispute.funds_withdrawn", dispute)


def _move(account: Account, dispute: StripeObject, amount: int, category: str) -> None:
    """Note money that left the account's balance or came back; the bank's fee is left out."""
    moved = {
        "id": new_id("txn_"),
        "object": "balance_transaction",
        "amount": amount,
        "created": account.clock.now(),
        "currency": dispute["currency"],
        "fee": 0,
        "net": amount,
        "reporting_category": category,
        "source": dispute["id"],
        "type": "adjustment",
    }
    dispute["balance_transactions"].append(moved)


def _charge(account: Account, charge_or_intent: str) -> StripeObject:
    if charge_or_intent.startswith("pi_"):
        intent = account.get("payment_intent", charge_or_intent)
        charge_or_intent = intent["latest_charge"]
    return account.get("charge", charge_or_intent)


def _check(account: Account, charge: StripeObject, amount: int) -> None:
    if charge["status"] != "succeeded":
        raise RefusedError(f"Charge {charge['id']} is {charge['status']}.")
    earlier = account.store.select("dispute", ("charge", "=", charge["id"]))
    if any(dispute["status"] in (INQUIRY, OPEN, "lost") for dispute in earlier):
        raise RefusedError(f"Charge {charge['id']} is disputed already.")
    if not 0 < amount <= charge["amount"]:
        raise RefusedError(f"Of this charge, 1 to {charge['amount']} can be disputed.")


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
        "evidence_details": {
            "due_by": account.clock.now() + ANSWER_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": amount < charge["amount"],
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": OPEN,
    }
