"""Refunds: money going back, never more than was charged."""

from payments.sandbox import disputes, events
from payments.sandbox.account import Account
from payments.sandbox.currencies import formatted
from payments.sandbox.errors import InvalidRequestError, RefusedError
from payments.sandbox.objects import StripeObject, new_id
from payments.sandbox.params import Params

CREATE_SUPPORTED = frozenset({"amount", "charge", "metadata", "payment_intent", "reason"})


def create(account: Account, params: Params) -> StripeObject:
    """Refund a charge, in full or in part. Raises `RefusedError` if that isn't possible."""
    with account.store.transaction():
        charge = _charge_to_refund(account, params)
        amount = _amount(account, charge, params.get("amount"))
        refund = _refund(account, charge, amount, params)
        account.store.add(refund)
        events.record(account, "refund.created", refund)
        _count_refunded(account, charge, amount)
        events.record(account, "charge.refunded", charge)
        return refund


def succeed(account: Account, refund_id: str) -> StripeObject:
    """Let a pending refund arrive. Raises `RefusedError` if it isn't pending."""
    with account.store.transaction():
        refund = account.get("refund", refund_id)
        if refund["status"] != "pending":
            raise RefusedError(f"This refund is {refund['status']}.")
        return _change(account, refund, status="succeeded", pending_reason=None)


def fail(account: Account, refund_id: str) -> StripeObject:
    """Let a refund come back, even one that had succeeded, as banks may do days later.

    The money is the account's again and the charge can be refunded once more. Raises
    `RefusedError` if the refund has failed already.
    """
    with account.store.transaction():
        refund = account.get("refund", refund_id)
        if refund["status"] == "failed":
            raise RefusedError("This refund has failed already.")
        _count_refunded(account, account.get("charge", refund["charge"]), -refund["amount"])
        _change(
            account,
            refund,
            status="failed",
            failure_reason="expired_or_canceled_card",
            failure_balance_transaction=new_id("txn_"),
            pending_reason=None,
        )
        events.record(account, "refund.failed", refund)
        return refund


def _change(account: Account, refund: StripeObject, **changes: str | None) -> StripeObject:
    refund.update(changes)
    account.store.save(refund)
    events.record(account, "refund.updated", refund)
    return refund


def _charge_to_refund(account: Account, params: Params) -> StripeObject:
    charge = _named_charge(account, params)
    if charge["status"] != "succeeded":
        raise RefusedError(
            f"This PaymentIntent ({charge['payment_intent']}) does not have a successful "
            "charge to refund.",
            param="payment_intent",
        )
    return charge


def _named_charge(account: Account, params: Params) -> StripeObject:
    charge_id, intent_id = params.get("charge"), params.get("payment_intent")
    if bool(charge_id) == bool(intent_id):
        message = "Exactly one of these params should be provided: payment_intent or charge."
        code = "parameters_exclusive" if charge_id else "parameter_missing"
        raise InvalidRequestError(message, code=code, param="payment_intent")
    if intent_id:
        intent = account.get("payment_intent", intent_id, param="payment_intent")
        charge_id = intent["latest_charge"]
    return account.get("charge", str(charge_id), param="charge")


def _amount(account: Account, charge: StripeObject, asked: int | None) -> int:
    """What to refund: what is left unless less is asked for; a bank may have been faster."""
    unrefunded = charge["amount"] - charge["amount_refunded"]
    left = unrefunded - disputes.withdrawn(account, charge["id"])
    if asked is not None and asked < 1:
        message = "This value must be greater than or equal to 1."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param="amount")
    if not unrefunded:
        message = f"Charge {charge['id']} has already been refunded."
        raise RefusedError(message, code="charge_already_refunded")
    if left <= 0:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise RefusedError(message, code="charge_disputed")
    if asked is not None and asked > left:
        over = formatted(asked, charge["currency"])
        message = f"Refund amount ({over}) is greater than unrefunded amount on charge"
        raise RefusedError(f"{message} ({formatted(left, charge['currency'])})", param="amount")
    return left if asked is None else asked


def _count_refunded(account: Account, charge: StripeObject, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.store.save(charge)


def _refund(account: Account, charge: StripeObject, amount: int, params: Params) -> StripeObject:
    pending = account.refunds_stay_pending
    return {
        "id": new_id("re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn_"),
        "charge": charge["id"],
        "created": account.clock.now(),
        "currency": charge["currency"],
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "pending_reason": "processing" if pending else None,
        "reason": params.get("reason"),
        "receipt_number": None,
        "status": "pending" if pending else "succeeded",
    }
